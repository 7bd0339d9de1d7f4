// Texts that are longer than their place: they keep to it, and lose as little as can be.
import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { flowed, namesText, spread, wrapped } from '../../../../cli/tui/components/pieces.ts';
import { lineWidth } from '../../../../cli/tui/components/spans.ts';

const SEEDED = { seed: 20_260_501, numRuns: 300 };
const word = fc.string({ unit: fc.constantFrom('a', 'b', '-', '口', '👛', 'é'), minLength: 1, maxLength: 14 });
const words = fc.array(word, { maxLength: 30 });

test('a wrapped text keeps every sign, in lines that fit', () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 4, max: 40 }), (list, columns) => {
      const lines = wrapped(list.join(' '), columns, Number.POSITIVE_INFINITY);
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
      expect(lines.join('').replaceAll(' ', '')).toBe(list.join(''));
    }),
    SEEDED,
  );
});

test('a wrapped text breaks between words where it can', () => {
  expect(wrapped('the relay accepted it', 11, 9)).toEqual(['the relay', 'accepted it']);
  expect(wrapped('account-1/name it', 7, 9)).toEqual(['account', '-1/name', 'it']);
});

test('what does not go into the lines is cut with an ellipsis', () => {
  expect(wrapped('the relay accepted it at 18.391s', 11, 2)).toEqual(['the relay', 'accepted i…']);
  expect(wrapped('the relay', 11, 1)).toEqual(['the relay']);
});

test('names keep to their columns, and the widest gives first', () => {
  expect(namesText(['crdt-conflicts', 'storm', 'seed 7'], 40)).toBe('crdt-conflicts · storm · seed 7');
  expect(namesText(['a-scenario-with-a-long-name', 'storm', 'seed 7'], 30)).toBe(
    'a-scenario-wi… · storm · seed 7'.slice(0, 12) + '… · storm · seed 7',
  );
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 60 }), (names, columns) => {
      expect(stringWidth(namesText(names, columns))).toBeLessThanOrEqual(columns);
    }),
    SEEDED,
  );
});

test('the right end of a line stands whole at its end, whatever stands at the left', () => {
  fc.assert(
    fc.property(word, word, fc.integer({ min: 1, max: 40 }), (left, right, columns) => {
      const line = spread([left], [right], columns);
      const text = line.map((each) => (typeof each === 'string' ? each : each.text)).join('');
      expect(lineWidth(line)).toBeLessThanOrEqual(columns);
      if (stringWidth(right) <= columns) expect(text.endsWith(right)).toBe(true);
    }),
    SEEDED,
  );
});

test('pieces flow over as many lines as they take', () => {
  expect(flowed([['faults'], ['crash 3'], ['clog 12'], ['skew 1']], 16, '  ', '    ')).toEqual([
    ['faults', '  ', 'crash 3'],
    ['    ', 'clog 12'],
    ['    ', 'skew 1'],
  ]);
});
