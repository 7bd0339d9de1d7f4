import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalView } from '../../../models/documents/edit.ts';
import type { Edit, LedgerView } from '../../../models/documents/edit.ts';
import lww from '../../../models/documents/lww.ts';
import { ENTITY_AT, HASH_AT, hashBytes, STAMP_AT } from '../../../models/documents/lww-codec.ts';
import type { Replica } from '../../../models/documents/port.ts';
import { InputError } from '../../../sim/errors.ts';
import { documentContract } from '../../contract/documents.ts';
import { EPOCH_MS, Exchange } from '../../contract/exchange.ts';
import { namesOfOneHash } from './colliding-names.ts';

documentContract(lww);

interface Clock {
  nowMs: number;
}

/** A replica with a clock that the test sets; without a run, all bytes but its own come from elsewhere. */
function replicaOf(actor: number, clock: Clock = { nowMs: EPOCH_MS }, run: object = {}): Replica {
  const init = { deviceIndex: actor >>> 12, incarnation: actor & 4095, actor, random: () => 0.5, run };
  return lww.create({ ...init, nowMs: () => clock.nowMs });
}

function set(field: string, value: string | number | boolean, entity = 'a'): Edit {
  return { kind: 'set', entity, field, value };
}

/** Gives the edit's bytes as they come from elsewhere: a copy. */
function made(replica: Replica, edit: Edit): Uint8Array {
  return replica.edit(edit).changes[0]!.slice();
}

function stampOf(change: Uint8Array): number {
  return new DataView(change.buffer).getFloat64(STAMP_AT);
}

function valueOf(replica: Replica, field: string, entity = 'a'): unknown {
  return replica.view()[entity]?.fields?.[field];
}

describe('the last writer', () => {
  test('is who wrote after having received the other, though its clock is an hour behind', () => {
    const behind: Clock = { nowMs: EPOCH_MS - 3_600_000 };
    const [ahead, late] = [replicaOf(4096), replicaOf(1, behind)];
    for (let round = 0; round < 5; round++) {
      late.receive([made(ahead, set('x', `ahead ${round}`))]);
      behind.nowMs -= 1000;
      ahead.receive([made(late, set('x', `late ${round}`))]);
      expect(valueOf(ahead, 'x')).toBe(`late ${round}`);
      expect(valueOf(late, 'x')).toBe(`late ${round}`);
    }
  });

  test('is who wrote later by the clock, of two that did not know each other', () => {
    const clock: Clock = { nowMs: EPOCH_MS };
    const [one, other] = [replicaOf(2, clock), replicaOf(1, clock)];
    const earlier = made(one, set('x', 'earlier'));
    clock.nowMs++;
    const later = made(other, set('x', 'later'));
    one.receive([later]);
    other.receive([earlier]);
    expect([valueOf(one, 'x'), valueOf(other, 'x')]).toEqual(['later', 'later']);
  });

  test('is the higher actor at equal stamps, up to the highest there is', () => {
    const [low, high] = [replicaOf(2 ** 31 - 1), replicaOf(2 ** 32 - 1)];
    const [ofLow, ofHigh] = [made(low, set('x', 'low')), made(high, set('x', 'high'))];
    low.receive([ofHigh]);
    high.receive([ofLow]);
    expect([valueOf(low, 'x'), valueOf(high, 'x')]).toEqual(['high', 'high']);
    expect(low.version()).toBe(high.version());
  });

  test('is the device itself in its own view, even after it has refused a batch with a change of an hour ahead', () => {
    const ahead = replicaOf(1, { nowMs: EPOCH_MS + 3_600_000 });
    const replica = replicaOf(2);
    const good = made(ahead, set('x', 'ahead'));
    expect(() => replica.receive([good, Uint8Array.of(9, 9, 9)])).toThrow(InputError);
    replica.edit(set('x', 'own'));
    expect(valueOf(replica, 'x')).toBe('own');
  });
});

test('stamps go on after a restart from the last one that was given, though nothing is left of its change', () => {
  const clock: Clock = { nowMs: EPOCH_MS };
  const author = replicaOf(1, clock);
  author.edit({ kind: 'tag-add', entity: 'a', tag: 't' });
  clock.nowMs += 3_600_000;
  const last = stampOf(made(author, { kind: 'tag-remove', entity: 'a', tag: 't' }));
  clock.nowMs = EPOCH_MS;
  const restarted = replicaOf(2, clock);
  restarted.load(author.save());
  expect(stampOf(made(restarted, set('x', 1)))).toBeGreaterThan(last);
});

describe('values', () => {
  /** What another replica sees of a value, what its author sees, and what is there after a restart. */
  function seen(value: string | number | boolean): unknown[] {
    const [author, other, restarted] = [replicaOf(1), replicaOf(2), replicaOf(4097)];
    other.receive([made(author, set('x', value))]);
    restarted.load(author.save());
    return [author, other, restarted].map((replica) => valueOf(replica, 'x'));
  }

  test.each<[string, string | number | boolean]>([
    ['a text of 300,000 characters', 'abc'.repeat(100_000)],
    ['an empty text', ''],
    ['text beyond ASCII', 'Žluťoučký kůň 🐎 naïve — 会計'],
    ['text beyond ASCII after much ASCII', `${'a'.repeat(70_000)}é${'b'.repeat(70_000)}`],
    ['a text that begins with a byte order mark', '\uFEFFabc'],
    ['a text of control characters', '\u0000\u0001\r\n\t\u007F\u0080'],
    ['0', 0],
    ['-0', -0],
    ['-1', -1],
    ['2^31 - 1', 2 ** 31 - 1],
    ['2^31', 2 ** 31],
    ['-2^31', -(2 ** 31)],
    ['-2^31 - 1', -(2 ** 31) - 1],
    ['2^53 - 1', Number.MAX_SAFE_INTEGER],
    ['-(2^53 - 1)', Number.MIN_SAFE_INTEGER],
    ['2^53', 2 ** 53],
    ['a fraction', 0.1],
    ['the smallest number', Number.MIN_VALUE],
    ['infinity', Number.POSITIVE_INFINITY],
    ['NaN', Number.NaN],
    ['true', true],
    ['false', false],
    ['the text of a number', '1'],
  ])('%s is everywhere what was set', (_, value) => {
    for (const each of seen(value)) expect(Object.is(each, value), String(each).slice(0, 80)).toBe(true);
  });

  test('any well-formed text and any number is everywhere what was set', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.double()), (value) => {
        for (const each of seen(value)) expect(Object.is(each, value)).toBe(true);
      }),
      { seed: 21, numRuns: 500 },
    );
  });

  test('half a surrogate pair, which no UTF-8 has, is the same replacement for everybody', () => {
    expect(seen('a\uD83D')).toEqual(['a\uFFFD', 'a\uFFFD', 'a\uFFFD']);
    expect(seen('\uDC00b')).toEqual(['\uFFFDb', '\uFFFDb', '\uFFFDb']);
  });

  test('NaN has the same bytes however it came about', () => {
    const sources = Float64Array.of(0, 0, 0, 0);
    const bits = new BigUint64Array(sources.buffer);
    bits.set([0x7ff8_0000_0000_0000n, 0xfff8_0000_0000_0000n, 0x7ff8_0000_0000_0001n, 0xfff8_dead_0000_beefn]);
    const bytes = [...sources].map((nan) => [...made(replicaOf(1), set('x', nan))].join(' '));
    expect(new Set(bytes).size).toBe(1);
    const versions = [...sources].map((nan) => {
      const replica = replicaOf(1);
      replica.edit(set('x', nan));
      return replica.version();
    });
    expect(new Set(versions).size).toBe(1);
  });

  test('counts add up beyond 32 bits and below one', () => {
    const [one, other] = [replicaOf(1), replicaOf(2)];
    const count = (by: number): Edit => ({ kind: 'count', entity: 'a', field: 'n', by });
    const changes = [made(one, count(2 ** 40)), made(one, count(0.5)), made(one, count(-1))];
    other.receive([changes[2]!, changes[0]!, changes[2]!, changes[1]!]);
    one.receive([made(other, count(-(2 ** 41)))]);
    for (const { view } of [one, other].map((replica) => ({ view: replica.view() }))) {
      expect(view['a']?.counters).toEqual({ n: 2 ** 40 - 0.5 - 2 ** 41 });
    }
  });
});

describe('many of them', () => {
  test('an entity with 300 fields set one at a time has them all, after a restart too', () => {
    const [author, other, restarted] = [replicaOf(1), replicaOf(2), replicaOf(4097)];
    const changes: Uint8Array[] = [];
    const fields: Record<string, number> = {};
    for (let i = 0; i < 300; i++) {
      changes.push(made(author, set(`field-${i}`, i)));
      fields[`field-${i}`] = i;
    }
    other.receive(changes.reverse());
    restarted.load(other.save());
    for (const replica of [author, other, restarted]) {
      expect(replica.view()).toEqual({ a: { fields } });
      expect(replica.version()).toBe(author.version());
    }
  });

  test.each([255, 256, 300, 600])('of %i fields set together none is lost', (count) => {
    const [author, other] = [replicaOf(1), replicaOf(2)];
    const edits = Array.from({ length: count }, (_, i) => set(`field-${i}`, i));
    other.receive(author.editTogether!(edits).map((change) => change.slice()));
    for (const replica of [author, other]) {
      expect(Object.keys(replica.view()['a']!.fields!).length).toBe(count);
      expect(valueOf(replica, `field-${count - 1}`)).toBe(count - 1);
    }
  });

  test('a table of 10,000 entities finds each of them, however they came in', () => {
    const [author, other, restarted] = [replicaOf(1), replicaOf(2), replicaOf(4097)];
    const changes: Uint8Array[] = [];
    for (let i = 0; i < 10_000; i++) {
      changes.push(made(author, set('x', i, `e-${i}`)));
      if (i % 10 === 0) changes.push(made(author, set('x', -i, `e-${i}`)));
      if (i % 100 === 0) changes.push(made(author, { kind: 'remove', entity: `e-${i}` }));
    }
    for (let i = 0; i < changes.length; i += 1000) other.receive(changes.slice(i, i + 1000).reverse());
    restarted.load(author.save());
    const expected: LedgerView = {};
    for (let i = 0; i < 10_000; i++) {
      if (i % 100 !== 0) expected[`e-${i}`] = { fields: { x: i % 10 === 0 ? -i : i } };
    }
    for (const replica of [author, other, restarted]) {
      expect(canonicalView(replica.view())).toBe(canonicalView(expected));
      expect(replica.version()).toBe(author.version());
      expect(replica.storedBytes!()).toBe(replica.save().length);
    }
  });

  test('entities and fields whose names have one hash are kept apart', () => {
    const [one, other] = namesOfOneHash();
    expect(hashBytes(new TextEncoder().encode(one), 0, one.length)).toBe(
      hashBytes(new TextEncoder().encode(other), 0, other.length),
    );
    const [author, reader] = [replicaOf(1), replicaOf(2)];
    reader.receive([made(author, set('x', 1, one)), made(author, set('x', 2, other))]);
    reader.receive([made(author, set(one, 3)), made(author, set(other, 4))]);
    for (const replica of [author, reader]) {
      expect(replica.view()).toEqual({
        [one]: { fields: { x: 1 } },
        [other]: { fields: { x: 2 } },
        a: { fields: { [one]: 3, [other]: 4 } },
      });
    }
  });

  test('a tag that 300 devices added can be removed by somebody who saw them all', () => {
    const reader = replicaOf(1);
    for (let device = 1; device <= 300; device++) {
      reader.receive([made(replicaOf(device * 4096), { kind: 'tag-add', entity: 'a', tag: 't' })]);
    }
    expect(reader.view()['a']?.tags).toEqual(['t']);
    reader.edit({ kind: 'tag-remove', entity: 'a', tag: 't' });
    expect(reader.view()['a']?.tags).toEqual([]);
  });
});

describe('digests and versions', () => {
  test('two values of one 32-bit hash have digests and versions of their own', () => {
    // Equal stamp and actor, as no two changes of a run have: only the value tells them apart.
    const [one, other] = namesOfOneHash('\u0004\u0000\u0000\u0000\u0008');
    const digests: (string | undefined)[] = [];
    const versions: string[] = [];
    for (const value of [one, other]) {
      const replica = replicaOf(1);
      replica.edit(set('x', 'before'));
      replica.edit(set('x', value));
      digests.push(replica.viewDigest?.());
      versions.push(replica.version());
    }
    expect(digests[0]).not.toBe(digests[1]);
    expect(versions[0]).not.toBe(versions[1]);
  });

  test('replicas that see the same but were told by others have versions of their own', () => {
    const [one, other] = [replicaOf(1), replicaOf(2)];
    one.edit(set('x', 1));
    other.edit(set('x', 1));
    expect(canonicalView(one.view())).toBe(canonicalView(other.view()));
    expect(one.version()).not.toBe(other.version());
  });
});

describe('bytes that are no change', () => {
  /** Changes of every kind of operation and value. */
  function samples(): Uint8Array[] {
    const author = replicaOf(7);
    const list = author.editTogether!([
      set('text', 'Žižkov'),
      set('number', 0.5),
      set('integer', -7),
      set('flag', true),
      { kind: 'tag-add', entity: 'a', tag: 't' },
      { kind: 'count', entity: 'a', field: 'n', by: 3 },
    ]);
    list.push(...author.edit({ kind: 'tag-remove', entity: 'a', tag: 't' }).changes);
    list.push(...author.edit({ kind: 'remove', entity: 'a' }).changes);
    list.push(...author.edit({ kind: 'restore', entity: 'a' }).changes);
    return list.map((change) => change.slice());
  }

  /** Where a change's first operation begins: behind the name and the count. */
  function firstOperationAt(change: Uint8Array): number {
    return ENTITY_AT + 1 + change[ENTITY_AT]! + 1;
  }

  /** Hands bytes to a replica that has something; where they are refused, that must be for the right reason. */
  function offer(bytes: Uint8Array): 'taken' | 'refused' {
    const replica = replicaOf(1);
    replica.edit(set('x', 'kept'));
    replica.edit({ kind: 'tag-add', entity: 'a', tag: 'kept' });
    const [view, version, stored] = [canonicalView(replica.view()), replica.version(), replica.save()];
    try {
      replica.receive([bytes]);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect(canonicalView(replica.view())).toBe(view);
      expect(replica.version()).toBe(version);
      expect(replica.save()).toEqual(stored);
      return 'refused';
    }
    // What was taken must be good for everything else.
    replica.view();
    replica.edit({ kind: 'restore', entity: 'a' });
    replica.edit(set('x', 'further'));
    expect(valueOf(replica, 'x')).toBe('further');
    replicaOf(4097).load(replica.save());
    return 'taken';
  }

  test('are refused where a change is cut off anywhere', () => {
    for (const change of samples()) {
      for (let length = 0; length < change.length; length++) {
        expect(offer(change.slice(0, length)), `${length} of ${change.length} bytes`).toBe('refused');
      }
    }
  });

  test('are refused where something follows a change', () => {
    for (const change of samples()) {
      expect(offer(Uint8Array.of(...change, 0))).toBe('refused');
      expect(offer(Uint8Array.of(...change, ...change))).toBe('refused');
    }
  });

  test('are refused where the format, an operation or a type of value is unknown', () => {
    const [change] = samples();
    const corrupt = (at: number, byte: number): Uint8Array => {
      const bytes = change!.slice();
      bytes[at] = byte;
      return bytes;
    };
    const operationAt = firstOperationAt(change!);
    const valueAt = operationAt + 2 + change![operationAt + 1]!;
    expect(offer(corrupt(0, 0))).toBe('refused');
    expect(offer(corrupt(0, 9))).toBe('refused');
    // It says that it only sets fields.
    expect(offer(corrupt(0, 1))).toBe('refused');
    expect(offer(corrupt(operationAt, 7))).toBe('refused');
    expect(offer(corrupt(operationAt, 0))).toBe('refused');
    expect(offer(corrupt(valueAt, 5))).toBe('refused');
    // A length of a text beyond the end, and one that would read as a step back.
    expect(offer(corrupt(valueAt + 2, 1))).toBe('refused');
    expect(offer(corrupt(valueAt + 1, 255))).toBe('refused');
  });

  test.each([
    ['0', 0],
    ['NaN', Number.NaN],
    ['a fraction', 1.5],
    ['below 0', -4096],
    ['2^53', 2 ** 53],
    ['infinite', Number.POSITIVE_INFINITY],
  ])('are refused where the stamp is %s', (_, stamp) => {
    for (const change of samples()) {
      new DataView(change.buffer).setFloat64(STAMP_AT, stamp);
      expect(offer(change)).toBe('refused');
    }
  });

  test('are refused where a name has a character that names do not have', () => {
    for (const byte of [0, 0x2f, 0x41, 0x5f, 0xe9]) {
      const [ofEntity, ofField] = [samples()[0]!, samples()[0]!];
      ofEntity[ENTITY_AT + 1] = byte;
      new DataView(ofEntity.buffer).setInt32(HASH_AT, hashBytes(ofEntity, ENTITY_AT + 1, ENTITY_AT + 2));
      expect(offer(ofEntity)).toBe('refused');
      ofField[firstOperationAt(ofField) + 2] = byte;
      expect(offer(ofField)).toBe('refused');
    }
  });

  test('are refused where the hash is not that of the entity’s name', () => {
    const [change] = samples();
    change![HASH_AT + 3]! ^= 1;
    expect(offer(change!)).toBe('refused');
  });

  test('are refused where there is no operation at all', () => {
    const [change] = samples();
    const end = firstOperationAt(change!);
    for (const format of [1, 2]) {
      const bytes = change!.slice(0, end);
      bytes[0] = format;
      bytes[end - 1] = 0;
      expect(offer(bytes)).toBe('refused');
    }
  });

  test('are refused with an InputError, or are good for everything, whatever byte of a change is another one', () => {
    const changes = samples();
    fc.assert(
      fc.property(fc.nat(changes.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), (which, at, flip) => {
        const bytes = changes[which]!.slice();
        // Stamps and names have tests of their own.
        const from = firstOperationAt(bytes) - 1;
        const position = from + (at % (bytes.length - from));
        bytes[position] = bytes[position]! ^ flip;
        offer(bytes);
      }),
      { seed: 22, numRuns: 3000 },
    );
  });

  test('are refused with an InputError, or are good for everything, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
        const head = samples()[0]!.slice(0, ENTITY_AT + 2);
        expect(offer(tail)).toBe('refused');
        offer(Uint8Array.of(...head, ...tail));
      }),
      { seed: 23, numRuns: 2000 },
    );
  });

  test('leave the others of their batch out: a batch is taken whole or not at all', () => {
    const author = replicaOf(7);
    const replica = replicaOf(1);
    replica.edit(set('x', 'kept'));
    const stored = replica.save();
    const good = made(author, set('y', 'good'));
    expect(() => replica.receive([good, Uint8Array.of(1, 2, 3), good])).toThrow(InputError);
    expect(replica.save()).toEqual(stored);
    expect(replica.view()).toEqual({ a: { fields: { x: 'kept' } } });
  });
});

describe('another run', () => {
  test('takes bytes that were copied out of the first, and shares nothing with it', () => {
    const first = new Exchange(lww, 2);
    first.edit(0, set('x', 1));
    first.edit(0, { kind: 'tag-add', entity: 'b', tag: 't' });
    first.edit(1, set('x', 2));
    first.settle();
    const second = new Exchange(lww, 1);
    second.replicas[0]!.receive(first.sent.map(({ copy }) => copy));
    const view = canonicalView(first.replicas[0]!.view());
    expect(canonicalView(second.replicas[0]!.view())).toBe(view);
    expect(second.replicas[0]!.version()).toBe(first.replicas[0]!.version());
    // What comes in later in either run does not touch what is in the other, nor the bytes that were handed over.
    second.edit(0, set('x', 3));
    for (const { bytes, copy } of first.sent) expect(bytes).toEqual(copy);
    expect(canonicalView(first.replicas[0]!.view())).toBe(view);
  });

  test('may write over the bytes that it handed over: they were copied', () => {
    const replica = replicaOf(1);
    const bytes = made(replicaOf(2), set('x', 'as it was'));
    replica.receive([bytes]);
    bytes.fill(255);
    expect(valueOf(replica, 'x')).toBe('as it was');
  });
});
