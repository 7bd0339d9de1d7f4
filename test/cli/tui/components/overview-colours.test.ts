import { createElement } from 'react';
import { describe, expect, test, vi } from 'vitest';
import { EMPTY, ENDED, LIGHT, STORM, WIDE } from '../recorded.ts';

// Read when ink's colours load, so before anything that imports them.
vi.hoisted(() => {
  process.env['FORCE_COLOR'] = '1';
  delete process.env['NO_COLOR'];
});
const { Overview } = await import('../../../../cli/tui/components/overview.ts');
const { drawnWithColours } = await import('../drawn.ts');

const RED_BOLD = '\u001b[1m\u001b[31m';

function overview(frame: typeof LIGHT): string {
  return drawnWithColours(createElement(Overview, { frame, columns: 120, rows: 37 }), 120, 37);
}

describe('colours of the overview', () => {
  test('a crossed figure is red and bold with its limit beside it, one that is met is not', () => {
    const lines = overview(STORM).split('\n');
    expect(lines.find((line) => line.startsWith('conflicts '))).toContain(`${RED_BOLD}  53.02s ✗ <2s`);
    const requests = lines.find((line) => line.startsWith('requests  '));
    expect(requests).toContain('118ms\u001b[2m <1s');
    expect(requests).not.toContain('\u001b[31m');
  });

  test('a threshold on something else is red once it is crossed', () => {
    expect(overview(STORM)).toContain('\u001b[31m✗ merge_success_rate rate>0.90: 0.717');
    expect(overview(EMPTY)).not.toContain('\u001b[31m');
  });

  test('a finding is red', () => {
    expect(overview(STORM)).toContain(`${RED_BOLD}✗ convergence`);
  });

  test('none is used that cannot be read on a light or a dark ground', () => {
    for (const frame of [EMPTY, ENDED, LIGHT, STORM, WIDE]) {
      const codes = overview(frame)
        .split('\u001b[')
        .slice(1)
        .map((rest) => rest.slice(0, rest.indexOf('m')));
      // Bold, dim, red, green, magenta, and what takes them back.
      expect([...new Set(codes)].filter((code) => !['1', '2', '22', '31', '32', '35', '39'].includes(code))).toEqual(
        [],
      );
    }
  });
});
