// Bodies that were never meant to be sent, made from valid ones. It must not know what becomes of them.

import fc from 'fast-check';

type Json = Record<string, unknown>;

/** A device, for the pushes below. */
export const PUSHER = 'device-0000000000000007';
/** The ledger of its account in 1.0. */
export const ACCOUNT = `account/${PUSHER}`;

export function change11(id: string, more: Json = {}): Json {
  return {
    id,
    entity_type: 'transaction',
    entity_id: `entity-${id}`,
    operation: 'CREATE',
    encrypted_payload: Buffer.from(`payload of ${id}`).toString('base64'),
    timestamp: 1_767_225_600_001,
    actor: '00000007-0001',
    sequence: 1,
    seen_cursor: 'c0000000',
    ...more,
  };
}

export function change10(id: string, more: Json = {}): Json {
  const { actor: _actor, sequence: _sequence, seen_cursor: _seen, ...shared } = change11(id);
  return { ...shared, version_vector: { [PUSHER]: 3, 'device-8': 1 }, device_id: PUSHER, ...more };
}

export function push11(ledger: string, changes: readonly unknown[], more: Json = {}): Json {
  return { protocol_version: '1.1.0', ledger_id: ledger, device_id: PUSHER, timestamp: 1, changes, ...more };
}

/** A push of 1.0, which goes to the ledger of its device. */
export function push10(changes: readonly unknown[], more: Json = {}): Json {
  return { protocol_version: '1.0.0', device_id: PUSHER, timestamp: 1, changes, ...more };
}

export function pull11(ledger: string, more: Json = {}): Json {
  return { protocol_version: '1.1.0', ledger_id: ledger, device_id: PUSHER, cursor: 'c0000000', ...more };
}

export function pull10(more: Json = {}): Json {
  return { protocol_version: '1.0.0', device_id: PUSHER, since_timestamp: 0, sync_vector: { 'device-8': 1 }, ...more };
}

/** A way to break a body's bytes. */
export type Break =
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'put'; readonly at: number; readonly byte: number }
  | { readonly kind: 'drop'; readonly at: number; readonly length: number }
  | { readonly kind: 'double'; readonly at: number; readonly length: number }
  | { readonly kind: 'swap'; readonly at: number; readonly token: string };

const TOKENS = '{ } [ ] , : " \\ null true 0 -1 1e999 "" {} [] \\u0000 \\ud800 __proto__ \u{feff} \u{202e} /* \n'.split(
  ' ',
);
const at = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

/** One to four breaks; places are shares of the body's length. */
export const anyBreaks: fc.Arbitrary<Break[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('cut' as const), at }),
    fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('put' as const), at, byte: fc.nat(255) }),
    fc.record({ kind: fc.constant('drop' as const), at, length: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ kind: fc.constant('double' as const), at, length: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ kind: fc.constant('swap' as const), at, token: fc.constantFrom(...TOKENS) }),
  ),
  { minLength: 1, maxLength: 4 },
);

export function broken(text: string, breaks: readonly Break[]): Buffer {
  let bytes = Buffer.from(text);
  for (const one of breaks) {
    const place = Math.floor(one.at * bytes.length);
    const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
    if (one.kind === 'cut') bytes = Buffer.from(before);
    else if (one.kind === 'put') bytes = Buffer.concat([before, Buffer.from([one.byte]), after]);
    else if (one.kind === 'drop') bytes = Buffer.concat([before, after.subarray(one.length)]);
    else if (one.kind === 'double') bytes = Buffer.concat([before, after.subarray(0, one.length), after]);
    else if (one.kind === 'swap') bytes = Buffer.concat([before, Buffer.from(one.token), after.subarray(1)]);
    else if (one.kind === 'flip' && bytes.length > 0) {
      bytes = Buffer.from(bytes);
      bytes[place]! ^= 1 << one.bit;
    }
  }
  return bytes;
}

/** Stands for a key that is left out. */
const MISSING = Symbol('missing');
const REPLACEMENTS: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  7,
  '',
  'a text',
  'h'.repeat(100_000),
  [],
  [null],
  {},
  { toString: 1, valueOf: 2, length: -1 },
  MISSING,
];

/** A body with each of its places in turn replaced by each wrong thing. */
export function* wrongTypes(body: unknown): Generator<string> {
  const places: (readonly (string | number)[])[] = [[]];
  for (const place of places) {
    const value = place.reduce<unknown>((inner, key) => (inner as Json)[key], body);
    if (typeof value === 'object' && value !== null) {
      for (const key of Object.keys(value)) places.push([...place, Array.isArray(value) ? Number(key) : key]);
    }
    for (const replacement of REPLACEMENTS) {
      if (place.length === 0 && replacement === MISSING) continue;
      yield JSON.stringify(replaced(body, place, replacement));
    }
  }
}

function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as Json) }) as Json;
  if (rest.length === 0 && replacement === MISSING) {
    if (Array.isArray(copy)) copy.splice(Number(key), 1);
    else delete copy[key];
  } else {
    copy[key] = replaced(copy[key], rest, replacement);
  }
  return copy;
}

/** Numbers as a text may have them. */
export const ODD_NUMBERS: readonly string[] =
  '1e308 -1e308 1e400 -0 0 0.0 -1 1.0 1.5 1e3 1E+3 1e-5 0e0 2147483648 4294967296 9007199254740991 9007199254740992 9007199254740993 18446744073709551616 NaN Infinity -Infinity 0x10 01 +1 1. .5 1e 1_000'
    .split(' ')
    .concat('1'.repeat(400), `0.${'0'.repeat(400)}1`, `1${'0'.repeat(400)}e-400`);

/** Names and texts that were traps somewhere; some of them are good ids. */
export const ODD_TEXTS: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  '-0',
  '007',
  '.',
  '..',
  '../../etc/passwd',
  ':memory:',
  'sqlite_master',
  'changes',
  'account/device',
  'a\0b',
  '\0',
  '\ud800',
  'a\udfff',
  '\u{1f600}',
  '\u{202e}abc',
  'zero\u{200b}width',
  '\u{feff}id',
  'ﬁ',
  'é',
  'é',
  "'; DROP TABLE changes; --",
  "' OR '1'='1",
  '1;ATTACH',
  'x--',
  '%',
  '_',
  '"',
  '\\',
  '`',
  '$1',
  '?1',
  ':name',
  '${7*7}',
  '{{7*7}}',
  '<script>',
  '\r\nSet-Cookie: a=b',
  ' ',
  ' id',
  'id ',
  'i'.repeat(128),
  'i'.repeat(129),
  'i'.repeat(513),
];
