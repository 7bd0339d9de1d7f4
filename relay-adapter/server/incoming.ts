// A push as it came turned into changes for the store, each judged by itself: one that is malformed is refused and the
// others go on. Must not know HTTP, tokens, nor how a store keeps a change.

import type { Change10, Change11, Dialect } from '../protocol.ts';
import { PROTOCOL_VERSIONS, VECTOR_SIZE_MAX } from '../protocol.ts';
import { type BodyIssue, type PushEnvelope, decodeChange, decodeId, encodeChange } from '../protocol-codec.ts';
import { cursorPosition } from '../cursor.ts';
import { RelayError, invalidRequest } from './errors.ts';
import type { IncomingChange } from './store.ts';

/** Changes of a push for the store, and the reasons of those that never get there. */
export interface Incoming {
  /** Ids in the order of the push. */
  readonly ids: readonly string[];
  /** At the place of its id: why a change is malformed; undefined for one that goes to the store. */
  readonly faults: readonly (string | undefined)[];
  /** Those without a fault, in the order of the push. */
  readonly changes: readonly IncomingChange[];
}

/** The dialect that a body speaks; where it names none it is read as 1.1, whose schema then says what is missing. */
export function dialectOf(body: unknown): Dialect {
  if (typeof body !== 'object' || body === null) throw invalidRequest('the body is no object');
  const version = Object.hasOwn(body, 'protocol_version')
    ? (body as { protocol_version: unknown }).protocol_version
    : undefined;
  if (version === PROTOCOL_VERSIONS['1.0']) return '1.0';
  if (typeof version !== 'string' || version === PROTOCOL_VERSIONS['1.1']) return '1.1';
  const supported = [PROTOCOL_VERSIONS['1.1'], PROTOCOL_VERSIONS['1.0']];
  throw new RelayError('PROTOCOL_MISMATCH', `this relay speaks ${supported.join(' and ')}`, {
    details: { server_version: supported[0], client_version: version.slice(0, 200), supported_versions: supported },
  });
}

/** A text that is shorter ends too many devices' ids to stand for one of them. */
const ACTOR_HEAD_MIN = 8;

/**
 * Whether an actor is one of a device: its own id, or an id whose text before the last hyphen is the device's id, or ends
 * it with 8 characters or more, and whose text after it is a hexadecimal number, as `00000011-0000`, the first life of
 * `device-0000000000000011`. A relay knows no more of incarnations.
 */
export function isActorOf(actor: string, device: string): boolean {
  if (actor === device) return true;
  const hyphen = actor.lastIndexOf('-');
  if (hyphen < 0 || !/^[0-9a-f]+$/i.test(actor.slice(hyphen + 1))) return false;
  const head = actor.slice(0, hyphen);
  return head === device || (head.length >= ACTOR_HEAD_MIN && device.endsWith(head));
}

/** Bytes that a valid base64 text stands for. */
function decodedBytes(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  return (base64.length / 4) * 3 - padding;
}

function incoming11(change: Change11, device: string, covers: number): IncomingChange {
  return {
    id: change.id,
    isByPusher: isActorOf(change.actor, device),
    sequence: change.sequence,
    timestampMs: change.timestamp,
    payloadBytes: decodedBytes(change.encrypted_payload),
    covers,
    body: encodeChange(change),
  };
}

function incoming10(change: Change10, device: string): IncomingChange {
  const { version_vector, device_id } = change;
  return {
    id: change.id,
    isByPusher: device_id === undefined || device_id === device,
    // A name such as `constructor` is a valid id: only the vector's own keys count.
    sequence: Object.hasOwn(version_vector, device) ? (version_vector[device] ?? 0) : 0,
    timestampMs: change.timestamp,
    payloadBytes: decodedBytes(change.encrypted_payload),
    covers: 0,
    body: encodeChange(change),
  };
}

/**
 * The first thing that is wrong with the names and counts of a version vector. The schema names every one of them, which
 * takes seconds and a gigabyte for a body of ten megabytes: so it is asked for vectors only in which all of them are right.
 */
export function vectorFault(body: object, key: 'version_vector' | 'sync_vector'): string | undefined {
  const vector = Object.hasOwn(body, key) ? (body as Record<string, unknown>)[key] : undefined;
  if (typeof vector !== 'object' || vector === null) return undefined;
  const devices = Object.keys(vector);
  if (devices.length > VECTOR_SIZE_MAX) return `${key}: must name at most ${VECTOR_SIZE_MAX} devices`;
  for (const device of devices) {
    if (!decodeId(device, key).ok) return `${key}: must name devices by their ids`;
    const count = (vector as Record<string, unknown>)[device];
    if (!Number.isSafeInteger(count) || (count as number) < 0) return `${key}: must count in whole numbers ≥ 0`;
  }
  return undefined;
}

/** Keys of a change: several times as many as either dialect knows. */
const CHANGE_KEYS_MAX = 64;

type Read = { change: IncomingChange } | { fault: string };

function read(dialect: Dialect, input: object, device: string): Read {
  // The schema takes its time over each one.
  if (Object.keys(input).length > CHANGE_KEYS_MAX) {
    return { fault: `INVALID_CHANGE: has more than ${CHANGE_KEYS_MAX} keys` };
  }
  if (dialect === '1.0') {
    const fault = vectorFault(input, 'version_vector');
    if (fault !== undefined) return { fault: `INVALID_CHANGE: ${fault}` };
    const decoded = decodeChange(input, '1.0');
    return decoded.ok ? { change: incoming10(decoded.value, device) } : { fault: faultOf(decoded.error.details) };
  }
  const decoded = decodeChange(input, '1.1');
  if (!decoded.ok) return { fault: faultOf(decoded.error.details) };
  const change = decoded.value;
  const covers = change.operation === 'SNAPSHOT' ? cursorPosition(change.covers) : 0;
  if (covers < 0) return { fault: 'INVALID_CHANGE: covers: is no cursor of this relay' };
  return { change: incoming11(change, device, covers) };
}

function faultOf(details: unknown): string {
  const issue = (details as readonly BodyIssue[])[0];
  if (issue === undefined) return 'INVALID_CHANGE';
  return issue.path === '' ? `INVALID_CHANGE: ${issue.message}` : `INVALID_CHANGE: ${issue.path}: ${issue.message}`;
}

/** One base64 byte, in place of a payload that is missing its text. */
const SOME_PAYLOAD = 'AA==';

/**
 * That a payload is empty is for the relay's rules to judge (EMPTY_PAYLOAD), after who the author is; the schema would
 * call it malformed.
 */
function readEmpty(dialect: Dialect, input: object, device: string): Read {
  const result = read(dialect, { ...input, encrypted_payload: SOME_PAYLOAD }, device);
  return 'change' in result ? { change: { ...result.change, payloadBytes: 0 } } : result;
}

function isEmpty(input: object): boolean {
  return (
    Object.hasOwn(input, 'encrypted_payload') && (input as { encrypted_payload: unknown }).encrypted_payload === ''
  );
}

/**
 * Reads the changes of a push.
 *
 * @throws RelayError where one has no id under which it could be refused
 */
export function incomingOf(envelope: PushEnvelope, dialect: Dialect): Incoming {
  const { device_id: device, changes: inputs } = envelope;
  const ids: string[] = [];
  const faults: (string | undefined)[] = [];
  const changes: IncomingChange[] = [];
  for (const [index, input] of inputs.entries()) {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      throw invalidRequest(`push: changes.${index}: is no object`);
    }
    const result = isEmpty(input) ? readEmpty(dialect, input, device) : read(dialect, input, device);
    if ('change' in result) {
      ids.push(result.change.id);
      faults.push(undefined);
      changes.push(result.change);
      continue;
    }
    const id = decodeId(Object.hasOwn(input, 'id') ? (input as { id: unknown }).id : undefined, `changes.${index}.id`);
    if (!id.ok) throw invalidRequest(`push: ${id.error.message}`);
    ids.push(id.value);
    faults.push(result.fault);
  }
  return { ids, faults, changes };
}
