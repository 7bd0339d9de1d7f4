import { createElement } from 'react';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { Overview } from '../../../../cli/tui/components/overview.ts';
import type { RunFrame } from '../../../../cli/tui/messages.ts';
import { drawn } from '../drawn.ts';
import { EMPTY, ENDED, LIGHT, STORM, WIDE } from '../recorded.ts';

const FRAMES: Readonly<Record<string, RunFrame>> = {
  light: LIGHT,
  storm: STORM,
  ended: ENDED,
  empty: EMPTY,
  wide: WIDE,
};

/** Lines of the header and the footer. */
const OTHERS = 3;

function overview(frame: RunFrame, columns: number, rows: number): string {
  return drawn(createElement(Overview, { frame, columns, rows }), columns, rows);
}

describe('golden frames', () => {
  for (const [name, frame] of Object.entries(FRAMES)) {
    for (const [columns, rows] of [
      [80, 24],
      [120, 40],
    ] as const) {
      test(`${name} at ${columns}×${rows}`, async () => {
        const text = overview(frame, columns, rows - OTHERS);
        await expect(`${text}\n`).toMatchFileSnapshot(`../golden/overview-${name}-${columns}x${rows}.txt`);
      });
    }
  }

  test('storm at 60×15', async () => {
    const text = overview(STORM, 60, 15 - OTHERS);
    await expect(`${text}\n`).toMatchFileSnapshot('../golden/overview-storm-60x15.txt');
  });
});

describe('an overview', () => {
  test('never takes more lines or columns than there are', () => {
    for (const frame of Object.values(FRAMES)) {
      for (const columns of [20, 60, 80, 120, 200]) {
        for (const rows of [1, 5, 12, 21, 57]) {
          // More columns than the overview may take: what is too wide would show.
          const lines = drawn(createElement(Overview, { frame, columns, rows }), columns + 50, rows).split('\n');
          expect(lines.length).toBeLessThanOrEqual(rows);
          expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns);
        }
      }
    }
  });

  test('cuts nothing of a run with ordinary names from 60 columns on', () => {
    for (let columns = 60; columns <= 200; columns += 10) expect(overview(LIGHT, columns, 21)).not.toContain('…');
  });

  test('shows by rank what matters where there are few lines', () => {
    const at = (rows: number): string => overview(STORM, 80, rows);
    expect(at(2)).toContain('60%');
    expect(at(2)).not.toContain('p95');
    expect(at(7)).toContain('requests');
    expect(at(7)).not.toContain('✗ convergence');
    expect(at(9)).toContain('✗ 2 findings  ✗ convergence');
    expect(at(9)).not.toContain('▇');
    expect(at(12)).toContain('▇');
    expect(at(12)).not.toMatch(/^devices/m);
    expect(at(14)).toMatch(/^devices/m);
    expect(at(14)).not.toContain('faults');
    expect(at(15)).toContain('faults     2m52s lost-tail device 17 for 16.81s');
  });

  test('leaves the charts of the relay out where it is no model', () => {
    expect(overview(LIGHT, 80, 21)).toContain('relay queue');
    expect(overview(WIDE, 80, 21)).not.toContain('relay queue');
  });

  test('lets no control character of a name through', () => {
    expect(overview(WIDE, 120, 37)).toContain('\\u202e');
    expect(overview(WIDE, 120, 37)).toContain('\\x1b');
    expect(overview(WIDE, 120, 37)).not.toMatch(/[^\P{C}\n]/u);
  });

  test('says that there is no finding, and whether that is the last word', () => {
    expect(overview(LIGHT, 80, 21)).toContain('no finding so far');
    expect(overview(ENDED, 80, 21)).toContain('✓ no findings');
    expect(overview({ ...ENDED, verdict: 'interrupted' }, 80, 21)).toContain('! not judged: the run was interrupted');
  });

  test('shows the latest findings first and how many more there are', () => {
    const [finding] = STORM.snapshot.findings;
    const findings = Array.from({ length: 30 }, (_, index) => ({ ...finding!, atUs: index * 1e6 }));
    const text = overview({ ...STORM, snapshot: { ...STORM.snapshot, findings } }, 80, 37);
    const shown = text.split('\n').filter((line) => line.startsWith('✗ cursor'));
    expect(shown[0]).toContain('· 29s ·');
    expect(shown[1]).toContain('· 28s ·');
    expect(text).toContain(`and ${30 - shown.length} more: tab, findings`);
  });
});
