// The whole screen as it stands on recorded frames: what is seen at each size, and that it fits whatever the names are.
import { createElement } from 'react';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { App, type AppProps, tabsOf } from '../../../../cli/tui/components/app.ts';
import { drawn } from '../drawn.ts';
import {
  EMPTY,
  ENDED,
  HUNT,
  HUNT_TITLE,
  LIGHT,
  LIGHT_TITLE,
  STEPPED,
  STORM,
  STORM_TITLE,
  WALL,
  WIDE_DEVICES,
  WIDE_TITLE,
} from '../recorded-tabs.ts';

type Shown = Pick<AppProps, 'title' | 'frame'> & Partial<AppProps>;

function screen(shown: Shown, columns: number, rows: number): string {
  const props = { tab: 'overview', isHelpOpen: false, isLeaving: false, silentMs: 0, ...shown, columns, rows } as const;
  return drawn(createElement(App, props), columns, rows);
}

const LIGHT_RUN = { title: LIGHT_TITLE, frame: LIGHT };
const STORM_RUN = { title: STORM_TITLE, frame: STORM };
const HUNT_SEEN = { title: HUNT_TITLE, frame: HUNT };

const SCREENS: Readonly<Record<string, Shown>> = {
  starting: { title: LIGHT_TITLE, frame: undefined },
  overview: LIGHT_RUN,
  histogram: { ...LIGHT_RUN, tab: 'histogram' },
  devices: { ...LIGHT_RUN, tab: 'devices' },
  'wide-devices': { title: WIDE_TITLE, frame: WIDE_DEVICES, tab: 'devices' },
  findings: { ...STORM_RUN, tab: 'findings' },
  'no-findings': { ...LIGHT_RUN, tab: 'findings' },
  help: { ...LIGHT_RUN, isHelpOpen: true },
  stepped: { title: LIGHT_TITLE, frame: STEPPED, tab: 'histogram' },
  ended: { title: LIGHT_TITLE, frame: ENDED, tab: 'findings' },
  wall: { title: { ...LIGHT_TITLE, clock: 'wall' }, frame: WALL, tab: 'devices' },
  hunt: HUNT_SEEN,
  'hunt-findings': { ...HUNT_SEEN, tab: 'findings' },
  'hunt-help': { ...HUNT_SEEN, isHelpOpen: true },
  silent: { ...LIGHT_RUN, tab: 'histogram', silentMs: 12_345 },
  leaving: { ...LIGHT_RUN, tab: 'histogram', isLeaving: true },
  empty: { title: WIDE_TITLE, frame: EMPTY, tab: 'histogram' },
};

describe('what is seen', () => {
  for (const [columns, rows] of [
    [80, 24],
    [120, 40],
    [60, 15],
  ] as const) {
    test.each(Object.entries(SCREENS))(`%s at ${columns}×${rows}`, async (name, shown) => {
      const text = `${screen(shown, columns, rows)}\n`;
      await expect(text).toMatchFileSnapshot(`../golden/app-${name}-${columns}x${rows}.txt`);
    });
  }
});

test('another operation comes first when it was asked for, round and round', () => {
  const firstOf = (operation: number): string =>
    screen({ ...LIGHT_RUN, tab: 'histogram', operation }, 80, 24)
      .split('\n')[2]!
      .split(' ')[0]!;
  const names = [0, 1, 2, 3, 4, 5, 6, 7].map(firstOf);
  expect(names.slice(0, 3)).toEqual(['requests', 'push', 'pull']);
  const count = names.indexOf('requests', 1) < 0 ? undefined : names.indexOf('requests', 1);
  expect(count).toBeDefined();
  expect(firstOf(-1)).toBe(names[count! - 1]);
});

test('what is still to be counted is not crossed before the end', () => {
  const thresholds = [{ metric: 'log_bytes', expression: 'count>5', value: 0, ok: false }];
  const frame = { ...LIGHT, snapshot: { ...LIGHT.snapshot, thresholds, operations: [] } };
  expect(screen({ title: LIGHT_TITLE, frame }, 80, 24)).toContain('✓ passing');
  expect(screen({ title: LIGHT_TITLE, frame }, 80, 24)).toContain('– log_bytes count>5: 0');
  const ended = { ...frame, verdict: 'threshold' as const };
  expect(screen({ title: LIGHT_TITLE, frame: ended, tab: 'findings' }, 80, 24)).toContain('✗ log_bytes count>5 is 0');
});

describe('every screen', () => {
  const sizes = [
    [40, 10],
    [59, 14],
    [60, 15],
    [79, 23],
    [80, 24],
    [132, 43],
  ] as const;

  test.each(sizes)('fills %i×%i, the tabs at the bottom, and is no wider', (columns, rows) => {
    for (const [name, shown] of Object.entries(SCREENS)) {
      for (const tab of tabsOf(shown.title)) {
        const lines = screen({ ...shown, tab }, columns, rows).split('\n');
        expect(lines, name).toHaveLength(rows);
        for (const line of lines) expect(stringWidth(line), `${name}: ${line}`).toBeLessThanOrEqual(columns);
        if (shown.silentMs === undefined) expect(lines.at(-1), name).toContain(`[${tab}]`);
      }
    }
  });

  test.each(sizes)('shows at %i×%i the whole verdict and the phase, however wide the names are', (columns, rows) => {
    const [first, second] = screen({ title: WIDE_TITLE, frame: STORM }, columns, rows).split('\n');
    expect(first).toMatch(/ ✗ 2 findings$/);
    expect(second).toMatch(/ run 2 of 2 · hold$/);
  });

  test('holds nothing that a terminal would act upon', () => {
    for (const shown of Object.values(SCREENS)) {
      // oxlint-disable-next-line no-control-regex -- that is what is looked for
      expect(screen({ ...shown, title: WIDE_TITLE }, 120, 40)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }
    expect(screen({ title: WIDE_TITLE, frame: LIGHT }, 120, 40)).toContain('\\x1b[31m');
  });
});

describe('the verdict', () => {
  const verdict = (shown: Shown): string => screen(shown, 120, 40).split('\n')[0]!.split('  ').at(-1)!.trim();
  const { snapshot } = LIGHT;
  const isMet = { ...LIGHT, snapshot: { ...snapshot, thresholds: snapshot.thresholds.filter(({ ok }) => ok) } };

  test('is what is known so far, and in the end what it came to', () => {
    expect(verdict({ title: LIGHT_TITLE, frame: isMet })).toBe('✓ passing');
    expect(verdict(LIGHT_RUN)).toBe('✗ 1 threshold crossed');
    expect(verdict(STORM_RUN)).toBe('✗ 2 findings');
    expect(verdict({ title: LIGHT_TITLE, frame: ENDED })).toBe('✗ threshold');
    expect(verdict({ title: LIGHT_TITLE, frame: { ...isMet, verdict: 'passed' } })).toBe('✓ passed');
    expect(verdict({ title: LIGHT_TITLE, frame: { ...isMet, verdict: 'interrupted' } })).toBe('! interrupted');
    expect(verdict(HUNT_SEEN)).toBe('✗ 1 finding');
    expect(verdict({ title: HUNT_TITLE, frame: { ...HUNT, findings: [], verdict: 'clean' } })).toBe('✓ clean');
  });

  test('counts findings that are not shown too', () => {
    const frame = { ...STORM, snapshot: { ...STORM.snapshot, moreFindings: 1998 } };
    expect(verdict({ title: STORM_TITLE, frame })).toBe('✗ 2,000 findings');
    expect(screen({ title: STORM_TITLE, frame, tab: 'findings' }, 80, 24)).toContain('… and 1,998 more');
  });

  test('is being judged while nothing is wrong', () => {
    const judging = { ...isMet, snapshot: { ...isMet.snapshot, phase: 'judging' } };
    expect(verdict({ title: LIGHT_TITLE, frame: judging })).toBe('judging …');
  });

  test('is no threshold that nothing was sampled for', () => {
    expect(verdict({ title: LIGHT_TITLE, frame: EMPTY })).toBe('✓ passing');
  });
});

test('of findings that do not fit it is said how many they are', () => {
  const [finding] = STORM.snapshot.findings;
  const findings = Array.from({ length: 40 }, () => finding!);
  const frame = { ...STORM, snapshot: { ...STORM.snapshot, findings, moreFindings: 2 } };
  for (const rows of [10, 15, 24, 40]) {
    const text = screen({ title: STORM_TITLE, frame, tab: 'findings' }, 80, rows);
    const shown = text.split('✗ lost-edit').length - 1;
    expect(shown).toBeGreaterThan(0);
    expect(text).toContain(`\n… and ${42 - shown} more\n`);
  }
});

test('of devices that do not fit it is said how many they are', () => {
  for (const [columns, rows] of [
    [60, 10],
    [80, 24],
    [120, 20],
  ] as const) {
    const text = screen({ title: LIGHT_TITLE, frame: LIGHT, tab: 'devices' }, columns, rows);
    const shown = text.split('✓ online').length - 1;
    expect(shown).toBeGreaterThan(0);
    expect(text).toContain(`\n… and ${200 - shown} more\n`);
  }
});

describe('a screen that is too small', () => {
  test('says in one line which size it takes, and how far things are', () => {
    expect(screen(LIGHT_RUN, 39, 24)).toBe('40×10 needed, 60×15 for all · 50.00%');
    expect(screen(LIGHT_RUN, 80, 9)).toBe('40×10 needed, 60×15 for all · 50.00% · ✗ 1 threshold crossed');
    const ended = { title: LIGHT_TITLE, frame: { ...ENDED, verdict: 'threshold' as const } };
    expect(screen(ended, 39, 24)).toBe('40×10 needed · ✗ threshold');
    expect(screen(ended, 12, 2)).toBe('✗ threshold');
    expect(screen(HUNT_SEEN, 24, 2)).toBe('40×10 needed · 36.68%');
    expect(screen(HUNT_SEEN, 9, 1)).toBe('36.68%');
  });
});

test('a hunt has no view of operations and devices', () => {
  expect(tabsOf(LIGHT_TITLE)).toEqual(['overview', 'histogram', 'devices', 'findings']);
  expect(tabsOf(HUNT_TITLE)).toEqual(['overview', 'findings']);
});
