// Colours, where they are on: what is wrong is red, and no colour is used that a light or a dark ground swallows.
import { createElement } from 'react';
import { expect, test, vi } from 'vitest';

// Before ink loads.
vi.hoisted(() => {
  process.env['FORCE_COLOR'] = '1';
});

const { App } = await import('../../../../cli/tui/components/app.ts');
const { drawnWithColours } = await import('../drawn.ts');
const { ENDED, HUNT, HUNT_TITLE, LIGHT, LIGHT_TITLE, STEPPED, STORM, WIDE_DEVICES, WIDE_TITLE } =
  await import('../recorded-tabs.ts');

type Props = Parameters<typeof App>[0];

function screen(title: Props['title'], frame: Props['frame'], tab: Props['tab'], other: Partial<Props> = {}): string {
  const props = {
    title,
    frame,
    tab,
    isHelpOpen: false,
    isLeaving: false,
    silentMs: 0,
    columns: 120,
    rows: 40,
    ...other,
  };
  return drawnWithColours(createElement(App, props), props.columns, props.rows);
}

/** A code of a terminal, up to the letter that ends it. */
const CODE = new RegExp(`${String.fromCharCode(27)}\\[([^a-zA-Z]*)[a-zA-Z]`, 'g');

const byText = (one: string, other: string): number => (one < other ? -1 : 1);

/** The codes that are in force where a text stands. */
function codesAt(text: string, part: string): string[] {
  const at = text.indexOf(part);
  expect(at, part).toBeGreaterThanOrEqual(0);
  const inForce = new Set<string>();
  for (const [, code] of text.slice(0, at).matchAll(CODE)) {
    if (code === '39') ['31', '32', '35'].forEach((each) => inForce.delete(each));
    else if (code === '22') ['1', '2'].forEach((each) => inForce.delete(each));
    else inForce.add(code!);
  }
  return [...inForce].sort(byText);
}

const TABS = ['overview', 'histogram', 'devices', 'findings'] as const;

test('what is crossed or was found is red, what holds is green', () => {
  const histogram = screen(LIGHT_TITLE, LIGHT, 'histogram');
  expect(codesAt(histogram, '✗ 1 threshold crossed')).toEqual(['1', '31']);
  expect(codesAt(histogram, '✗ p(95)<80')).toEqual(['1', '31']);
  expect(codesAt(histogram, '✓ p(99)<2000')).toEqual(['32']);
  expect(codesAt(screen(LIGHT_TITLE, LIGHT, 'overview'), '✗ <80ms')).toEqual(['1', '31']);
  expect(codesAt(screen(LIGHT_TITLE, ENDED, 'devices'), '✗ threshold')).toEqual(['1', '31']);
  expect(codesAt(screen(WIDE_TITLE, STORM, 'findings'), '✗ lost-edit')).toEqual(['1', '31']);
  expect(codesAt(screen(HUNT_TITLE, HUNT, 'findings'), '✗ convergence')).toEqual(['1', '31']);
  expect(codesAt(screen(WIDE_TITLE, WIDE_DEVICES, 'devices'), '! partitioned')).toEqual(['35']);
});

test('only red, green, magenta, bold and dim are used', () => {
  const screens = TABS.flatMap((tab) => [
    screen(LIGHT_TITLE, LIGHT, tab),
    screen(LIGHT_TITLE, STEPPED, tab),
    screen(LIGHT_TITLE, ENDED, tab),
    screen(WIDE_TITLE, STORM, tab, { silentMs: 5000 }),
    screen(WIDE_TITLE, WIDE_DEVICES, tab, { isLeaving: true }),
    screen(LIGHT_TITLE, LIGHT, tab, { isHelpOpen: true }),
    screen(HUNT_TITLE, HUNT, tab, { columns: 30 }),
    screen(HUNT_TITLE, HUNT, tab),
  ]);
  const used = new Set(screens.flatMap((text) => [...text.matchAll(CODE)].map(([, code]) => code!)));
  expect([...used].sort(byText)).toEqual(['1', '2', '22', '31', '32', '35', '39']);
});
