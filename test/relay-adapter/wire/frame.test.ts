import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import { framed, unframed } from '../../../relay-adapter/wire/frame.ts';
import { InputError } from '../../../sim/errors.ts';
import { addChange } from '../../models/changes.ts';

const part = fc.uint8Array({ maxLength: 40 });
const parts = fc.oneof(
  fc.array(part, { minLength: 1, maxLength: 6 }),
  fc.array(part, { minLength: 250, maxLength: 300 }),
);

describe('a frame', () => {
  test('gives its parts back, however many, and has the bytes that the table counts', () => {
    fc.assert(
      fc.property(parts, (list) => {
        const frame = framed(list);
        expect(unframed(frame)).toEqual(list);
        const table = new ChangeTable(false);
        expect(frame).toHaveLength(table.payloadBytesOf(addChange(table, { device: 0, parts: list })));
      }),
      { seed: 1 },
    );
  });

  test('of one part is a one and the part, of two each has its length', () => {
    expect([...framed([Uint8Array.of(9, 8)])]).toEqual([1, 9, 8]);
    expect([...framed([Uint8Array.of(9), Uint8Array.of(8, 7)])]).toEqual([2, 0, 0, 0, 1, 9, 0, 0, 0, 2, 8, 7]);
  });

  test.each([
    ['empty', []],
    ['cut short', [2, 0, 0, 0, 1, 9, 0, 0, 0, 2, 8]],
    ['with something after its end', [2, 0, 0, 0, 1, 9, 0, 0, 0, 1, 8, 7]],
    ['of fewer parts than it says', [3, 0, 0, 0, 1, 9, 0, 0, 0, 1, 8]],
    ['of few parts that are not counted', [0, 0, 0, 0, 1, 9, 0, 0, 0, 1, 8]],
    ['with a length beyond all bounds', [2, 255, 255, 255, 255, 9, 0, 0, 0, 1, 8]],
  ])('that is %s is refused', (_, bytes) => {
    expect(() => unframed(Uint8Array.from(bytes))).toThrow(InputError);
  });
});
