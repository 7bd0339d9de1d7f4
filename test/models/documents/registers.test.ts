import { describe, expect, test } from 'vitest';
import type { DocumentType, Replica, ReplicaInit } from '../../../models/documents/port.ts';
import { registers } from '../../../models/documents/specimens/prefer-local.ts';
import { documentContract } from '../../contract/documents.ts';
import { Exchange } from '../../contract/exchange.ts';

const plain = registers('registers', false);

/** How many changes of each actor are known. */
type Known = Record<string, number>;
interface Envelope {
  readonly actor: number;
  readonly number: number;
  readonly known: Known;
  readonly bytes: number[];
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const decode = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

/** Registers that throw where a change comes before one that its author knew. */
function inOrder(init: ReplicaInit): Replica {
  const inner = plain.create(init);
  let known: Known = {};
  return {
    edit(edit) {
      const { changes, target } = inner.edit(edit);
      const wrapped = changes.map((bytes) => {
        const number = (known[init.actor] ?? 0) + 1;
        const envelope: Envelope = { actor: init.actor, number, known: { ...known }, bytes: [...bytes] };
        known[init.actor] = number;
        return encode(envelope);
      });
      return { changes: wrapped, target };
    },
    receive(changes) {
      for (const change of changes) {
        const envelope = decode(change) as Envelope;
        for (const [actor, number] of Object.entries(envelope.known)) {
          if ((known[actor] ?? 0) < number) throw new Error(`change ${number} of actor ${actor} is missing`);
        }
        known[envelope.actor] = Math.max(known[envelope.actor] ?? 0, envelope.number);
        inner.receive([Uint8Array.from(envelope.bytes)]);
      }
      return [];
    },
    view: () => inner.view(),
    version: () => inner.version(),
    pending: () => 0,
    save: () => encode({ known, inner: [...inner.save()] }),
    load(stored) {
      const { known: wasKnown, inner: bytes } = decode(stored) as { known: Known; inner: number[] };
      known = wasKnown;
      inner.load(Uint8Array.from(bytes));
    },
  };
}

const causal: DocumentType = { ...plain, name: 'registers in causal order', delivery: 'causal', create: inOrder };

// The correct sibling of the specimen: a type that shares no memory, makes one change an edit and has no digests.
documentContract(plain);
documentContract(causal);

describe('an exchange', () => {
  const set = (value: number) => ({ kind: 'set', entity: 'a', field: 'x', value }) as const;

  test('holds back from a type that wants causal order what is not ready', () => {
    const exchange = new Exchange(causal, 3);
    exchange.edit(0, set(1));
    exchange.edit(0, set(2));
    exchange.deliver(1, [1]);
    expect(exchange.replicas[1]!.view()).toEqual({});
    exchange.deliver(1, [1, 0, 1]);
    exchange.deliver(1, [1]);
    expect(exchange.replicas[1]!.view()).toEqual({ a: { fields: { x: 2 } } });
    exchange.settleAtRandom([1, 2, 3]);
    expect(exchange.replicas[2]!.view()).toEqual({ a: { fields: { x: 2 } } });
  });

  test('gives any other type what comes, in whatever order', () => {
    const exchange = new Exchange({ ...causal, delivery: 'any' }, 2);
    exchange.edit(0, set(1));
    exchange.edit(0, set(2));
    expect(() => exchange.deliver(1, [1])).toThrow('change 1 of actor 0 is missing');
  });
});
