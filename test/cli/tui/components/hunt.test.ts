// The screens of a hunt, drawn from recorded frames.
import stringWidth from 'string-width';
import { createElement } from 'react';
import { describe, expect, it, test } from 'vitest';
import { HuntFindings } from '../../../../cli/tui/components/hunt-findings.ts';
import { HuntOverview } from '../../../../cli/tui/components/hunt-overview.ts';
import type { HuntFindingNews, HuntFrame } from '../../../../cli/tui/messages.ts';
import { drawn } from '../drawn.ts';
import { HUNT_BEGUN, HUNT_CLEAN, HUNT_ENDED, HUNT_SHRINKING, HUNT_TITLE } from '../recorded-hunts.ts';

const overview = (frame: HuntFrame, columns: number, rows: number): string =>
  drawn(createElement(HuntOverview, { frame, title: HUNT_TITLE, columns, rows }), columns, rows);
const findings = (frame: HuntFrame, columns: number, rows: number): string =>
  drawn(createElement(HuntFindings, { frame, columns, rows }), columns, rows);

const [FIRST, SECOND] = HUNT_ENDED.findings as [HuntFindingNews, HuntFindingNews];

/** Much of everything, with wide names and ones that would move a cursor. */
const MUCH: HuntFrame = {
  ...HUNT_SHRINKING,
  findings: Array.from({ length: 9 }, (_, at) => ({
    ...FIRST,
    signature: `convergence:同期の失敗-${at}-\u001b[2J👩‍👩‍👧-and-a-rather-long-name`,
    seed: `種-${at}-👍`,
    state: (['found', 'shrinking', 'kept', 'lost'] as const)[at % 4]!,
    story: `${'とても長い話 '.repeat(20)}\u001b[31m${at}`,
  })),
  shrinking: [1, 2, 3].map((at) => ({
    signature: `convergence:同期の失敗-${at}`,
    tries: 10 ** at,
    from: `${at}23 edits`,
    size: `${at * 4} edits, 3 devices`,
  })),
  failedSeeds: 1234,
  lostSeeds: 5,
  marks: Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`印 ${at} met a concurrent thing`, at % 2])),
};

const FRAMES = {
  begun: HUNT_BEGUN,
  clean: HUNT_CLEAN,
  shrinking: HUNT_SHRINKING,
  ended: HUNT_ENDED,
  much: MUCH,
};
const SIZES = [
  [80, 21],
  [120, 37],
] as const;

describe.each(SIZES)('at %d columns and %d rows', (columns, rows) => {
  test.each(Object.entries(FRAMES))('the overview of a hunt: %s', async (name, frame) => {
    await expect(`${overview(frame, columns, rows)}\n`).toMatchFileSnapshot(
      `../golden/hunt-overview-${name}-${columns}.txt`,
    );
  });

  test.each([
    ['ended', HUNT_ENDED],
    ['shrinking', HUNT_SHRINKING],
    ['much', MUCH],
  ])('the findings of a hunt: %s', async (name, frame) => {
    await expect(`${findings(frame, columns, rows)}\n`).toMatchFileSnapshot(
      `../golden/hunt-findings-${name}-${columns}.txt`,
    );
  });
});

describe('whatever the size', () => {
  const sizes = [20, 60, 110].flatMap((columns) => [1, 3, 8, 15, 60].map((rows) => [columns, rows] as const));
  it.each(Object.entries(FRAMES))('%s fits, and no control character gets through', (_name, frame) => {
    for (const [columns, rows] of sizes) {
      for (const text of [overview(frame, columns, rows), findings(frame, columns, rows)]) {
        const lines = text.split('\n');
        expect(lines.length).toBeLessThanOrEqual(rows);
        expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns);
        expect(text).not.toContain('\u001b');
      }
    }
  });
});

describe('what is said', () => {
  it('how far each plan is shrunk', () => {
    const text = overview(MUCH, 80, 30);
    expect(text).toContain('123 edits → 4 edits, 3 devices, 10 tries');
    expect(text).toContain('323 edits → 12 edits, 3 devices, 1,000 tries');
  });

  it('marks that were not reached, and no others', () => {
    const text = overview(HUNT_CLEAN, 80, 21);
    expect(text).toContain('edit while changes were held back');
    expect(text).not.toContain('retry met a stored change');
    const all = { ...HUNT_CLEAN, marks: { 'page boundary': 3 } };
    expect(overview(all, 80, 21)).toContain('marks reached  ✓ all 1');
  });

  it('where there are fewer rows than stories, all findings are still named or counted', () => {
    const three = { ...HUNT_ENDED, findings: [FIRST, SECOND, { ...SECOND, signature: 'intent:third' }] };
    const named = overview(three, 80, 21);
    for (const { signature } of three.findings) expect(named).toContain(`✗ ${signature}`);
    expect(findings(MUCH, 80, 8)).toMatch(/… and \d more$/);
    expect(overview(MUCH, 80, 18)).toMatch(/\n… \d more\n/);
  });

  it.each([
    [{ isEnding: true }, 'ending: what was found is kept'],
    [{ isOver: true }, 'no further seed: what was found is shrunk'],
    [{ leftMs: 61_200 }, '1m 2s left'],
    [{ lostSeeds: 1 }, '! 1 seed lost'],
    [{ share: 0.0312 }, '3.1%'],
    [{ share: 0.9999 }, '99%'],
  ] as const)('%j', (change, text) => {
    expect(overview({ ...HUNT_CLEAN, ...change }, 80, 21)).toContain(text);
  });

  it('where nothing was found, only so far until it has ended', () => {
    expect(overview(HUNT_CLEAN, 80, 21)).toContain('✓ no finding so far  the hunt stops at 3 distinct findings');
    expect(findings({ ...HUNT_CLEAN, verdict: 'clean' }, 80, 21)).toBe('✓ no finding');
  });
});
