// What the model page says of faults, held against the kinds that there are.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAULT_KIND_NAMES, faultKindInfo } from '../../models/faults/event.ts';
import { faultRate } from '../../models/faults/rates.ts';
import { FAULT_PRESET_NAMES, FAULT_PRESETS } from '../../scenarios/fault-presets.ts';

const page = readFileSync(new URL('../../docs/model.md', import.meta.url), 'utf8');
const section = page.slice(page.indexOf('\n## Faults\n'), page.indexOf('\n## ', page.indexOf('\n## Faults\n') + 4));
const rows = section.split('\n').filter((line) => line.startsWith('| `'));

test('each kind has a row with its rate, and says whether it breaks correct systems', () => {
  const told = rows.map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')));
  const expected = FAULT_KIND_NAMES.map((kind) => [kind, faultRate(kind).perHour, faultKindInfo(kind).isSurvivable]);
  const actual = told.map(([, kind, rate, does]) => [kind, rate, !does!.startsWith('**breaking**')]);
  const byKind = (one: unknown[], other: unknown[]): number => (String(one[0]) < String(other[0]) ? -1 : 1);
  expect(actual.toSorted(byKind)).toEqual(expected.toSorted(byKind));
});

test('each key of a kind is named, with what it is unless set', () => {
  const none: Readonly<Record<string, unknown>> = { ...FAULT_PRESETS['none']! };
  const said = (key: string): string => {
    const value = none[key] as number;
    const text = !key.includes('Ms') ? `${value}` : value >= 60_000 ? `${value / 60_000} min` : `${value / 1000} s`;
    return value === 0 ? `\`${key}\`` : `\`${key}\` ${text}`;
  };
  for (const kind of FAULT_KIND_NAMES) {
    const { lengthMsMean, amount, oneWayShare } = faultRate(kind);
    for (const key of [lengthMsMean, amount?.key, oneWayShare]) {
      if (typeof key === 'string') expect(section).toContain(said(key));
    }
  }
});

test('each preset is said', () => {
  for (const name of FAULT_PRESET_NAMES) if (name !== 'none') expect(section).toContain(`- \`${name}\` `);
});
