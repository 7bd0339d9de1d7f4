// What a relay must make of a push, written once more by hand and apart from its schemas: whether the body is refused
// whole, and else what becomes of each change and what text of it is kept. It must not know the relay.

type Json = Record<string, unknown>;

/** What must come of a push: `refused` is any coded 4xx; the ids are those of the answer, in order. */
export type Expected = 'refused' | { readonly accepted: readonly string[]; readonly rejected: readonly string[] };

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const has = (object: Json, key: string): boolean => Object.hasOwn(object, key);
const isText = (value: unknown, longest: number, shape: RegExp): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= longest && shape.test(value);
export const isId = (value: unknown): value is string =>
  isText(value, 128, /^[A-Za-z0-9._:-]+$/) && value !== '__proto__';
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCursor = (value: unknown): value is string => isText(value, 256, /^[\x21\x23-\x5b\x5d-\x7e]+$/);
const isPayload = (value: unknown): value is string =>
  typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value;
const isVector = (value: unknown): value is Record<string, number> =>
  isObject(value) &&
  Object.keys(value).length <= 10_000 &&
  Object.entries(value).every(([device, count]) => isId(device) && isWhole(count));

/** Whether a key that would be a prototype stands anywhere. Without recursion: bodies may be deep. */
function hasForbidden(body: unknown): boolean {
  const left: unknown[] = [body];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__')) return true;
    const maker = Object.hasOwn(value, 'constructor') ? (value as Json)['constructor'] : undefined;
    if (isObject(maker) && has(maker, 'prototype')) return true;
    for (const inner of Object.values(value)) left.push(inner);
  }
  return false;
}

const ENVELOPE_11 = ['protocol_version', 'ledger_id', 'device_id', 'timestamp', 'changes'];
const KEYS_11 = 'id entity_type entity_id operation encrypted_payload timestamp actor sequence seen_cursor'.split(' ');

function headIsValid(change: Json, operations: readonly string[]): boolean {
  return (
    isId(change['id']) &&
    isText(change['entity_type'], 64, /^[\w-]+$/) &&
    isId(change['entity_id']) &&
    operations.includes(change['operation'] as string) &&
    isPayload(change['encrypted_payload']) &&
    isWhole(change['timestamp'])
  );
}

function is11(change: Json): boolean {
  const isSnapshot = change['operation'] === 'SNAPSHOT';
  const keys = isSnapshot ? [...KEYS_11, 'covers'] : KEYS_11;
  return (
    headIsValid(change, ['CREATE', 'UPDATE', 'DELETE', 'SNAPSHOT']) &&
    Object.keys(change).every((key) => keys.includes(key)) &&
    isId(change['actor']) &&
    isWhole(change['sequence']) &&
    (!has(change, 'seen_cursor') || isCursor(change['seen_cursor'])) &&
    (!isSnapshot || isText(change['covers'], 8, /^c[0-9a-z]{7}$/))
  );
}

function is10(change: Json): boolean {
  return (
    headIsValid(change, ['CREATE', 'UPDATE', 'DELETE']) &&
    isVector(change['version_vector']) &&
    (!has(change, 'device_id') || isId(change['device_id']))
  );
}

const HEAD = ['id', 'entity_type', 'entity_id', 'operation', 'encrypted_payload'];
const ORDER_11 = [...HEAD, 'timestamp', 'actor', 'sequence', 'seen_cursor', 'covers'];
const ORDER_10 = [...HEAD, 'version_vector', 'timestamp', 'device_id'];

function textOf(change: Json, order: readonly string[]): string {
  const parts = order
    .filter((key) => has(change, key))
    .map((key) => {
      const value = change[key];
      if (key !== 'version_vector') return `"${key}":${JSON.stringify(value)}`;
      const vector = value as Record<string, number>;
      const ordered = Object.fromEntries(
        Object.keys(vector)
          .sort()
          .map((device) => [device, vector[device]]),
      );
      return `"${key}":${JSON.stringify(ordered)}`;
    });
  return `{${parts.join(',')}}`;
}

/** The logs that a relay must hold, by ledger; that of an account of 1.0 is `account/<device>`. */
export class HostileModel {
  readonly logs = new Map<string, string[]>();
  readonly #ids = new Set<string>();

  /** Judges a push that came with a good token of a ledger. Nothing is taken in yet. */
  judge(bytes: Uint8Array | string, tokenLedger: string): { expected: Expected; take: () => void } {
    const refused = { expected: 'refused' as const, take: () => {} };
    if (Buffer.byteLength(bytes) > 10 * 1024 * 1024) return refused;
    let body: unknown;
    try {
      body = JSON.parse(
        Buffer.from(bytes)
          .toString('utf8')
          .replace(/^\ufeff/, ''),
      );
    } catch {
      return refused;
    }
    if (!isObject(body) || hasForbidden(body)) return refused;
    const isNew = body['protocol_version'] === '1.1.0';
    if (!isNew && body['protocol_version'] !== '1.0.0') return refused;
    const { device_id: device, changes, timestamp } = body;
    if (!isId(device) || !isWhole(timestamp) || !Array.isArray(changes) || changes.length > 1000) return refused;
    if (isNew && !(isId(body['ledger_id']) && Object.keys(body).every((key) => ENVELOPE_11.includes(key))))
      return refused;
    const ledger = isNew ? body['ledger_id'] : `account/${device}`;
    if (tokenLedger !== ledger) return refused;
    const accepted: string[] = [];
    const rejected: string[] = [];
    const kept = new Map<string, string>();
    const end = this.logs.get(ledger)?.length ?? 0;
    for (const change of changes as unknown[]) {
      if (!isObject(change) || !isId(change['id'])) return refused;
      const isValid = isNew ? is11(change) : is10(change);
      const key = `${ledger}\n${change['id']}`;
      if (!isValid || !this.#mayStore(change, device, isNew)) {
        rejected.push(change['id']);
      } else if (kept.has(key) || this.#ids.has(key)) {
        accepted.push(change['id']);
      } else if (
        change['operation'] === 'SNAPSHOT' &&
        parseInt((change['covers'] as string).slice(1), 36) > end + kept.size
      ) {
        rejected.push(change['id']);
      } else {
        kept.set(key, textOf(change, isNew ? ORDER_11 : ORDER_10));
        accepted.push(change['id']);
      }
    }
    const take = (): void => {
      if (kept.size === 0) return;
      const log = this.logs.get(ledger) ?? [];
      this.logs.set(ledger, log);
      for (const [key, text] of kept) {
        this.#ids.add(key);
        log.push(text);
      }
    };
    return { expected: { accepted, rejected }, take };
  }

  #mayStore(change: Json, device: string, isNew: boolean): boolean {
    if (change['encrypted_payload'] === '') return false;
    if (!isNew) {
      const vector = change['version_vector'] as Record<string, number>;
      const isOwn = !has(change, 'device_id') || change['device_id'] === device;
      return isOwn && has(vector, device) && vector[device]! >= 1;
    }
    const actor = change['actor'] as string;
    const life = actor.lastIndexOf('-');
    const isOwn = actor === device || (life > 0 && device.endsWith(actor.slice(0, life)));
    return isOwn && (change['sequence'] as number) >= 1;
  }
}
