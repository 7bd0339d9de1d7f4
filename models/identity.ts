// The texts by which devices, ledgers, actors and changes are known on the wire, each of a constant length, so that
// bytes can be counted without making the text. Numbers go in, and come back out. Must not know who uses them.

import { assert } from '../sim/errors.ts';

/** Length of a device id: the 23 characters of the suite that the workload follows. */
export const DEVICE_ID_LENGTH = 23;
/** Length of a ledger id. */
export const LEDGER_ID_LENGTH = 23;
/** Length of an actor id. */
export const ACTOR_ID_LENGTH = 13;
/** Length of a change id: a UUID. */
export const CHANGE_ID_LENGTH = 36;

/** Largest index of a device or ledger, and largest namespace. */
export const INDEX_MAX = 0xffff_ffff;
/** Largest incarnation of a device. */
export const INCARNATION_MAX = 0xffff;
/** Largest sequence number of a change: 2^40 − 1. */
export const SEQUENCE_MAX = 0xff_ffff_ffff;

/** The numbers in a change id. */
export interface ChangeIdentity {
  device: number;
  incarnation: number;
  sequence: number;
  namespace: number;
}

function hex(value: number, max: number, width: number, what: string): string {
  assert(Number.isInteger(value) && value >= 0 && value <= max, `${what} ${value} is not in 0..${max}`);
  return value.toString(16).padStart(width, '0');
}

/** The number in `width` lower-case hexadecimal digits from `start`, or NaN. */
function number(text: string, start: number, width: number): number {
  let value = 0;
  for (let index = start; index < start + width; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 48 && code <= 57) value = value * 16 + code - 48;
    else if (code >= 97 && code <= 102) value = value * 16 + code - 87;
    else return Number.NaN;
  }
  return value;
}

/**
 * A device's id: `device-`, eight hexadecimal digits of the namespace, eight of the index.
 * @param namespace 0 in a simulated run; a number of its own in a run against a relay that outlives the run
 */
export function deviceId(index: number, namespace = 0): string {
  return `device-${hex(namespace, INDEX_MAX, 8, 'namespace')}${hex(index, INDEX_MAX, 8, 'device')}`;
}

/** A ledger's id, made as a device's. */
export function ledgerId(index: number, namespace = 0): string {
  return `ledger-${hex(namespace, INDEX_MAX, 8, 'namespace')}${hex(index, INDEX_MAX, 8, 'ledger')}`;
}

function indexOf(prefix: string, length: number, text: string): number {
  if (text.length !== length || !text.startsWith(prefix) || Number.isNaN(number(text, prefix.length, 8))) return -1;
  const index = number(text, prefix.length + 8, 8);
  return Number.isNaN(index) ? -1 : index;
}

/** The index in a device id, whatever its namespace, or −1. */
export function deviceIndexOf(text: string): number {
  return indexOf('device-', DEVICE_ID_LENGTH, text);
}

/** The index in a ledger id, whatever its namespace, or −1. */
export function ledgerIndexOf(text: string): number {
  return indexOf('ledger-', LEDGER_ID_LENGTH, text);
}

/** The id of one life of a device: the first two groups of the ids of the changes that it makes. */
export function actorId(device: number, incarnation: number): string {
  return `${hex(device, INDEX_MAX, 8, 'device')}-${hex(incarnation, INCARNATION_MAX, 4, 'incarnation')}`;
}

/** The device and incarnation of an actor id, or null. */
export function parseActorId(text: string): { device: number; incarnation: number } | null {
  const device = number(text, 0, 8);
  const incarnation = number(text, 9, 4);
  const isActor = text.length === ACTOR_ID_LENGTH && text.charCodeAt(8) === 45;
  return isActor && !Number.isNaN(device + incarnation) ? { device, incarnation } : null;
}

/**
 * A change's id, a UUID of version 8 (RFC 9562, section 5.8) with the numbers in it: device, incarnation, version and
 * 12 bits of the namespace, variant and 12 bits of it, its last 8 bits with 40 bits of the sequence number. It comes
 * from (device, incarnation), never from storage, so that a restored backup cannot make one twice.
 */
export function changeId(device: number, incarnation: number, sequence: number, namespace = 0): string {
  const space = hex(namespace, INDEX_MAX, 8, 'namespace');
  const last = hex(sequence, SEQUENCE_MAX, 10, 'sequence');
  return `${actorId(device, incarnation)}-8${space.slice(0, 3)}-8${space.slice(3, 6)}-${space.slice(6)}${last}`;
}

/** The numbers in a change id, or null where the text is no id that `changeId` makes. */
export function parseChangeId(text: string): ChangeIdentity | null {
  const isShaped =
    text.length === CHANGE_ID_LENGTH &&
    text[8] === '-' &&
    text.startsWith('-8', 13) &&
    text.startsWith('-8', 18) &&
    text[23] === '-';
  if (!isShaped) return null;
  const device = number(text, 0, 8);
  const incarnation = number(text, 9, 4);
  const namespace = number(text, 15, 3) * 0x10_0000 + number(text, 20, 3) * 0x100 + number(text, 24, 2);
  const sequence = number(text, 26, 10);
  return Number.isNaN(device + incarnation + namespace + sequence)
    ? null
    : { device, incarnation, sequence, namespace };
}
