import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashBytes } from '../../../models/documents/lww-codec.ts';
import { NameTable } from '../../../models/documents/name-table.ts';
import { namesOfOneHash } from './colliding-names.ts';

const encoder = new TextEncoder();

function idOf(table: NameTable, name: string): number {
  const bytes = encoder.encode(`..${name}--`);
  return table.idOf(bytes, 2, 2 + name.length);
}

const name = fc.stringMatching(/^[a-z0-9-]{1,6}$/);

describe('a name table', () => {
  test('numbers names from 0 in the order in which they come, and each one once', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 60 }), (names) => {
        const table = new NameTable();
        const known: string[] = [];
        for (const each of names) {
          if (!known.includes(each)) known.push(each);
          expect(idOf(table, each)).toBe(known.indexOf(each));
        }
        for (const [id, text] of known.entries()) expect(table.text(id)).toBe(text);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('tells names of one hash apart, whichever came first', () => {
    const [one, other] = namesOfOneHash();
    expect(hashBytes(encoder.encode(one), 0, 8)).toBe(hashBytes(encoder.encode(other), 0, 8));
    const table = new NameTable();
    expect([one, other, 'third', one, other].map((each) => idOf(table, each))).toEqual([0, 1, 2, 0, 1]);
    expect([0, 1].map((id) => table.text(id))).toEqual([one, other]);
  });

  test('tells a name from its beginning and its end', () => {
    const table = new NameTable();
    expect(['abc', 'ab', 'bc', 'a', 'abcd', 'abc'].map((each) => idOf(table, each))).toEqual([0, 1, 2, 3, 4, 0]);
  });
});
