import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ACTOR_ID_LENGTH,
  actorId,
  CHANGE_ID_LENGTH,
  changeId,
  DEVICE_ID_LENGTH,
  deviceId,
  deviceIndexOf,
  INCARNATION_MAX,
  INDEX_MAX,
  LEDGER_ID_LENGTH,
  ledgerId,
  ledgerIndexOf,
  parseActorId,
  parseChangeId,
  SEQUENCE_MAX,
} from '../../models/identity.ts';
import { AssertionError } from '../../sim/errors.ts';

const index = fc.integer({ min: 0, max: INDEX_MAX });
const incarnation = fc.integer({ min: 0, max: INCARNATION_MAX });
const sequence = fc.integer({ min: 0, max: SEQUENCE_MAX });

describe('identities', () => {
  test('the numbers of a change id come back out of it, at a constant length', () => {
    fc.assert(
      fc.property(index, incarnation, sequence, index, (device, life, ordinal, namespace) => {
        const text = changeId(device, life, ordinal, namespace);
        expect(text).toHaveLength(CHANGE_ID_LENGTH);
        expect(parseChangeId(text)).toEqual({ device, incarnation: life, sequence: ordinal, namespace });
      }),
      {
        seed: 1,
        examples: [
          [INDEX_MAX, INCARNATION_MAX, SEQUENCE_MAX, INDEX_MAX],
          [0, 0, 0, 0],
        ],
      },
    );
  });

  test('a change id is a UUID of version 8 that begins with its actor', () => {
    fc.assert(
      fc.property(index, incarnation, sequence, index, (device, life, ordinal, namespace) => {
        const text = changeId(device, life, ordinal, namespace);
        expect(text).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(text.startsWith(`${actorId(device, life)}-`)).toBe(true);
      }),
      { seed: 2 },
    );
  });

  test('ids look as documented', () => {
    expect(changeId(17, 2, 42, 0xabcdef01)).toBe('00000011-0002-8abc-8def-01000000002a');
    expect(deviceId(17)).toBe('device-0000000000000011');
    expect(ledgerId(17, 1)).toBe('ledger-0000000100000011');
    expect(actorId(17, 2)).toBe('00000011-0002');
  });

  test('ids of devices, ledgers and actors have constant lengths and give their numbers back', () => {
    fc.assert(
      fc.property(index, index, incarnation, (number, namespace, life) => {
        expect(deviceId(number, namespace)).toHaveLength(DEVICE_ID_LENGTH);
        expect(ledgerId(number, namespace)).toHaveLength(LEDGER_ID_LENGTH);
        expect(actorId(number, life)).toHaveLength(ACTOR_ID_LENGTH);
        expect(deviceIndexOf(deviceId(number, namespace))).toBe(number);
        expect(ledgerIndexOf(ledgerId(number, namespace))).toBe(number);
        expect(parseActorId(actorId(number, life))).toEqual({ device: number, incarnation: life });
      }),
      { seed: 3 },
    );
  });

  test('a text with one character changed is no id, or another one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 35 }), fc.constantFrom('g', 'A', '-', '0', '7', ' '), (at, character) => {
        const original = changeId(17, 2, 42, 0xabcdef01);
        const text = original.slice(0, at) + character + original.slice(at + 1);
        const parsed = parseChangeId(text);
        if (parsed !== null)
          expect(changeId(parsed.device, parsed.incarnation, parsed.sequence, parsed.namespace)).toBe(text);
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  test.each(['', 'device-', 'device-000000000000001g', 'device-00000000000000011', 'ledger-0000000000000011'])(
    '%j is no device id',
    (text) => {
      expect(deviceIndexOf(text)).toBe(-1);
    },
  );

  test('numbers out of range are a bug', () => {
    expect(() => deviceId(-1)).toThrow(AssertionError);
    expect(() => deviceId(0.5)).toThrow(AssertionError);
    expect(() => changeId(0, INCARNATION_MAX + 1, 0)).toThrow(AssertionError);
    expect(() => changeId(0, 0, SEQUENCE_MAX + 1)).toThrow(AssertionError);
  });
});
