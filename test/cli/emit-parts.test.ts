// The parts of what is emitted: values as source code, what a claim depends on, and the proof that a script fails.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Holdings } from '../../cli/emit/holdings.ts';
import { literal } from '../../cli/emit/literals.ts';
import { flawOf } from '../../cli/emit/proof.ts';
import { sliceOf } from '../../cli/emit/slice.ts';
import type { Replica } from '../../models/documents/port.ts';
import { registers } from '../../models/documents/specimens/prefer-local.ts';
import { DocumentTape } from '../../scenarios/search/document-tape.ts';

describe('a value as source code', () => {
  test('reads back as the value', () => {
    const value = fc.anything({ withNullPrototype: false, maxDepth: 3 }).filter((each) => isPlain(each));
    fc.assert(
      fc.property(value, (each) => {
        // oxlint-disable-next-line no-eval
        expect((0, eval)(`(${literal(each)})`)).toEqual(each);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test('holds no character without a sign of its own', () => {
    expect(literal('a\u202eb\u001b[31m\u2028')).toBe(String.raw`"a\u202eb\u001b[31m\u2028"`);
    expect(literal(Number.NaN)).toBe('Number("NaN")');
    expect(literal(-0)).toBe('-0');
    expect(literal({ ['__proto__']: 1 })).toBe('{ ["__proto__"]: 1 }');
  });
});

function isPlain(value: unknown): boolean {
  if (Array.isArray(value))
    return value.every((each) => each !== undefined && isPlain(each)) && Object.keys(value).length === value.length;
  if (typeof value !== 'object' || value === null) return !['symbol', 'bigint', 'function'].includes(typeof value);
  return (
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).every((each) => each !== undefined && isPlain(each))
  );
}

describe('what a claim depends on', () => {
  function made(): { tape: DocumentTape; replicas: Replica[] } {
    const tape = new DocumentTape();
    const type = tape.record(registers('registers', false));
    const init = { random: () => 0.5, nowMs: () => 1000 };
    const replicas = [0, 1, 2].map((actor) => type.create({ deviceIndex: actor, incarnation: 0, actor, ...init }));
    return { tape, replicas };
  }

  test('is what its replicas did and were given, and who made that; not what others did', () => {
    const { tape, replicas } = made();
    const [one, two, three] = replicas as [Replica, Replica, Replica];
    const { changes } = one.edit({ kind: 'set', entity: 'a', field: 'x', value: 1 });
    one.view();
    one.edit({ kind: 'set', entity: 'a', field: 'x', value: 2 });
    three.edit({ kind: 'set', entity: 'a', field: 'x', value: 3 });
    two.receive(changes);
    two.edit({ kind: 'set', entity: 'b', field: 'y', value: 4 });
    const end = tape.entries.findLast(({ call }) => call === 'receive')!.index + 1;
    const needed = sliceOf(tape, new Map([[tape.numberOf(two), end]]));
    expect(needed.map(({ call, replica }) => `${call} ${replica}`)).toEqual([
      'create 0',
      'create 1',
      'edit 0',
      'receive 1',
    ]);
    const whole = sliceOf(tape, new Map([[tape.numberOf(two), end]]), [], true);
    expect(whole.map(({ call }) => call)).toContain('view');
    expect(whole.at(-1)!.call).toBe('receive');
  });

  test('follows bytes that look alike to who made them last', () => {
    const { tape, replicas } = made();
    const [one, two] = replicas as [Replica, Replica, Replica];
    const saved = one.save();
    expect(two.save()).toEqual(saved);
    replicas[2]!.load(saved);
    const load = tape.entries.find(({ call }) => call === 'load')!;
    expect(tape.entries[tape.bytes[load.took[0]!]!.madeBy!]!.replica).toBe(1);
  });
});

describe('what a replica has, by the tape', () => {
  const init = { random: () => 0.5, nowMs: () => 1000, incarnation: 0 };

  test('is what it made and was given in its own life; of bytes that it loads, what was there when they were saved', () => {
    const tape = new DocumentTape();
    const type = tape.record(registers('registers', false));
    const create = (actor: number): Replica => type.create({ deviceIndex: actor, actor, ...init });
    const [author, other] = [create(0), create(1)];
    const setTo = (value: number) => author.edit({ kind: 'set', entity: 'a', field: 'x', value }).changes;
    const [first, second] = [setTo(1), setTo(2)];
    other.receive(first);
    const saved = other.save();
    other.receive(second);
    const restarted = create(1);
    restarted.load(saved);
    const fresh = create(1);
    const holdings = new Holdings(tape);
    const has = (replica: Replica, before = tape.entries.length) => holdings.of(tape.numberOf(replica), before).size;
    expect([author, other, restarted, fresh].map((each) => has(each))).toEqual([2, 2, 1, 0]);
    const received = tape.entries.filter(({ call }) => call === 'receive');
    expect(received.map(({ index }) => [has(other, index), has(other, index + 1)])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  test('does not grow by bytes that look like those of one edit and were copied by who had more', () => {
    const tape = new DocumentTape();
    const bytes = Uint8Array.of(1);
    const replica: Replica = {
      edit: () => ({ changes: [bytes] }) as ReturnType<Replica['edit']>,
      receive: () => [],
      load: () => undefined,
      save: () => bytes,
      view: () => ({}),
      version: () => '',
      pending: () => 0,
    };
    const kinds = registers('registers', false);
    const type = tape.record({ ...kinds, create: () => ({ ...replica }) });
    const [one, two] = [0, 1].map((actor) => type.create({ deviceIndex: actor, actor, ...init })) as [Replica, Replica];
    one.edit({ kind: 'remove', entity: 'a' });
    one.receive([Uint8Array.of(2)]);
    two.load(one.save());
    const holdings = new Holdings(tape);
    expect([...holdings.of(0, 99)]).toHaveLength(2);
    expect([...holdings.of(1, 99)]).toEqual([0]);
  });
});

describe('the proof that a script fails as it says', () => {
  const base = { packages: [], says: 'A and B agree' };

  test('takes an assertion that says so', async () => {
    const text = `import assert from 'node:assert'; assert.equal(1, 2, 'A and B agree');`;
    expect(await flawOf({ ...base, text })).toBeUndefined();
  });

  test.each([
    ['an assertion that holds', `import assert from 'node:assert'; assert.equal(1, 1, 'A and B agree');`, /holds/],
    [
      'another assertion',
      `import assert from 'node:assert'; assert.equal(1, 2, 'else');`,
      /something else: AssertionError.*else/,
    ],
    ['another error', `throw new TypeError('A and B agree');`, /something else: TypeError/],
    ['code that is none', 'const = 1;', /something else: SyntaxError/],
    ['a script without an end', 'for (;;);', /still running after 0.3 s/],
  ])('refuses %s', async (_, text, flaw) => {
    expect(await flawOf({ ...base, text }, text.startsWith('for') ? 300 : 30_000)).toMatch(flaw);
  });

  test('refuses packages that are not there', async () => {
    const importers = ['/one/documents.ts', '/two/deep.ts', '/two/deeper.ts'];
    const packages = [{ name: 'no-such-package', importers }];
    expect(await flawOf({ ...base, text: '', packages })).toBe(
      'the package no-such-package is not found from /one or /two',
    );
  });
});
