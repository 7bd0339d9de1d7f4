// The last line: which keys it names, and what it says instead when something is wrong.
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { Footer, type FooterProps } from '../../../../cli/tui/components/footer.ts';
import { TABS } from '../../../../scenarios/watch/snapshot.ts';
import { drawn } from '../drawn.ts';
import { ENDED, HUNT, LIGHT, STEPPED, WALL } from '../recorded-tabs.ts';

function footer(props: Partial<FooterProps>, columns = 120): string {
  const all = { tabs: TABS, tab: 'overview', frame: LIGHT, isLeaving: false, silentMs: 0, ...props, columns } as const;
  return drawn(createElement(Footer, all), columns, 1).replaceAll(/ {2,}/g, ' | ');
}

const VIEWS = '[overview] histogram devices findings';

test('it names the keys that do something now', () => {
  expect(footer({})).toBe(`${VIEWS} | p pause · s step · +/- speed · tab view · ? help · q end`);
  expect(footer({ frame: STEPPED })).toBe(`${VIEWS} | p go on · s step · +/- speed · tab view · ? help · q end`);
  expect(footer({ frame: WALL })).toBe(`${VIEWS} | tab view · ? help · q end`);
  expect(footer({ frame: HUNT, tabs: ['overview', 'findings'] })).toBe(
    '[overview] findings | tab view · ? help · q end',
  );
  expect(footer({ frame: ENDED })).toBe(`${VIEWS} | tab view · ? help · q leave`);
  expect(footer({ frame: undefined })).toBe(`${VIEWS} | tab view · ? help · q end`);
});

test('where it is narrow, what matters least is left out first', () => {
  expect(footer({}, 80)).toBe(`tab ${VIEWS} | p pause · +/- speed · ? help · q end`);
  expect(footer({}, 68)).toBe(`tab ${VIEWS} | p pause · ? help · q end`);
  expect(footer({}, 60)).toBe(`tab ${VIEWS} | ? help · q end`);
  expect(footer({}, 50)).toBe('tab [overview] | p pause · ? help · q end');
  // Who has paused must see how to go on.
  expect(footer({ frame: STEPPED }, 60)).toBe('tab [overview] | p go on · s step · ? help · q end');
  expect(footer({ frame: STEPPED }, 40)).toBe('tab [overview] | p · s · ? · q');
});

test('it says that the end was asked for, and that nobody answers', () => {
  expect(footer({ isLeaving: true })).toBe(`${VIEWS} | ending …`);
  expect(footer({ silentMs: 1999 })).toContain('q end');
  expect(footer({ silentMs: 12_999 })).toBe('! no answer for 12s: its documents may hang; ctrl-c twice ends it');
  expect(footer({ silentMs: 75_000 }, 50)).toBe('! no answer for 1m15s; ctrl-c twice ends it');
  expect(footer({ silentMs: 2000, isLeaving: true })).toBe(
    '! ending … no answer for 2s: its documents may hang; ctrl-c again ends it',
  );
});

test('what has ended owes no answer', () => {
  expect(footer({ frame: ENDED, silentMs: 60_000 })).toContain('q leave');
  // One that stays is still there when its end was asked for and has come.
  expect(footer({ frame: ENDED, isLeaving: true })).toContain('q leave');
});
