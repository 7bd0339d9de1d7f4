// Secrecy: nothing that a relay holds shows what devices wrote. Payloads before encryption and the texts in them are
// looked for as they are and as they may be written down. It must not know how payloads are sealed, nor how a relay stores.

import { type ChangeTable, OPERATIONS } from '../change-table.ts';
import type { Edit } from '../documents/edit.ts';
import { ENTITY_TYPES } from '../entities.ts';
import type { Finding } from '../finding.ts';
import type { Act } from '../history.ts';
import { deviceIndexOf, ledgerIndexOf, parseActorId, parseChangeId } from '../identity.ts';
import { type JudgedLedger, type Moment, safetyFinding } from './judged.ts';
import { type Needle, NEEDLE_BYTES_MIN, NeedleSearch } from './needles.ts';

/** What nobody but members may know. */
export interface Secrets {
  /** Readable texts of edits, and names. */
  readonly texts: Iterable<string>;
  /** Payloads before encryption. */
  readonly payloads: Iterable<SecretPayload>;
}

export interface SecretPayload {
  readonly change: number;
  readonly bytes: Uint8Array;
}

/** How a secret may stand somewhere. */
type Form = 'raw' | 'base64' | 'hex';

/** At most so many payloads, and so many texts, are looked for: from 5 and 4 needles each, 18,000 in all. */
export const SECRETS_MAX = 2000;
/** What is looked for of a payload that is longer. */
const SLICE_BYTES = 24;
/** The same where it is readable: bodies of the protocol are texts too, and may share some words with it. */
const READABLE_SLICE_BYTES = 48;
const SLICE_BYTES_MIN = 12;
/** A slice has at least so many different bytes: zeros and counters stand in every file. */
const DIFFERENT_BYTES_MIN = 8;
/** Places in a payload that a slice is chosen from. */
const SLICES_TRIED = 8;
const EXCERPT_LENGTH = 24;

// A needle has at least 60 bits of the alphabet that it may stand in by chance: 18,000 of them are in 10 MB of random
// base64 in fewer than 1 of 6 million judgements. So texts of one alphabet have at least so many characters.
const HEX_CHARACTERS_MIN = 16;
const BASE64_CHARACTERS_MIN = 10;

const encoder = new TextEncoder();

type Found = Needle<Secret>;

interface Secret {
  /** Its place among those that are looked for. */
  readonly rank: number;
  /** −1 for a text. */
  readonly change: number;
  readonly form: Form;
}

/**
 * What a relay shows of what devices wrote, at most one finding for payloads and one for texts; each names the first one.
 *
 * Of payloads a slice is looked for, as it is, in hexadecimal digits and in base64; of texts of 8 characters and more
 * all, as UTF-8 and in base64; base64 at each of its three alignments. Where there are more than `SECRETS_MAX` of a sort
 * they are thinned out evenly. Texts that the protocol shows, that have no letters, or that stand in random text by
 * chance, are not looked for.
 *
 * @param held all that the relay has
 */
export function judgeSecrecy(
  ledger: JudgedLedger,
  secrets: Secrets,
  held: readonly Uint8Array[],
  table: ChangeTable,
  moment: Moment,
): Finding[] {
  const search = new NeedleSearch<Secret>();
  const payloads = thinned(secrets.payloads, SECRETS_MAX, ({ bytes }) => bytes.length >= SLICE_BYTES_MIN);
  payloads.forEach(({ change, bytes }, rank) => addPayload(search, sliceOf(bytes), change, rank));
  const texts = thinned(secrets.texts, SECRETS_MAX, isSecretText);
  texts.forEach((text, rank) => addText(search, encoder.encode(text), rank));

  const found: { payload?: Found; text?: Found } = {};
  const ranks = { payload: new Set<number>(), text: new Set<number>() };
  for (const chunk of held) {
    search.scan(chunk, (needle) => {
      const sort = needle.of.change < 0 ? 'text' : 'payload';
      ranks[sort].add(needle.of.rank);
      const first = found[sort];
      // Where a store lays what may differ between runs: the first secret is named, wherever it stands.
      if (first === undefined || isBefore(needle.of, first.of)) found[sort] = needle;
    });
  }
  const findings: Finding[] = [];
  if (found.payload !== undefined) {
    const { change } = found.payload.of;
    const author = table.deviceOf(change);
    const of = { author, incarnation: table.incarnationOf(change), sequence: table.sequenceOf(change) };
    const detail = { ...of, ...shown(found.payload), found: ranks.payload.size, lookedFor: payloads.length };
    const members = ledger.members.filter(({ id }) => id === author);
    findings.push(safetyFinding('secrecy', 'payload', moment, ledger, members, detail));
  }
  if (found.text !== undefined) {
    const { rank } = found.text.of;
    const detail = {
      text: texts[rank]!.slice(0, EXCERPT_LENGTH),
      ...shown(found.text),
      found: ranks.text.size,
      lookedFor: texts.length,
    };
    findings.push(safetyFinding('secrecy', 'text', moment, ledger, [], detail));
  }
  return findings;
}

/**
 * The secrets of a ledger: the parts of the changes of its log, the names of their entities where the table keeps them,
 * and the texts of all edits where there is a history.
 */
export function secretsOf(
  ledger: { readonly index: number },
  log: Int32Array,
  table: ChangeTable,
  history?: { acts(ledger: number): readonly Act[] },
): Secrets {
  return {
    texts: { [Symbol.iterator]: () => textsOf(log, table, history?.acts(ledger.index) ?? []) },
    payloads: { [Symbol.iterator]: () => payloadsOf(log, table) },
  };
}

function* payloadsOf(log: Int32Array, table: ChangeTable): Generator<SecretPayload, void, void> {
  for (const change of log) {
    const parts: Uint8Array[] = [];
    table.collectParts(change, parts);
    for (const bytes of parts) yield { change, bytes };
  }
}

function* textsOf(log: Int32Array, table: ChangeTable, acts: readonly Act[]): Generator<string, void, void> {
  const told = new Set<string>();
  for (const text of everyText(log, table, acts)) {
    if (told.has(text)) continue;
    told.add(text);
    yield text;
  }
}

function* everyText(log: Int32Array, table: ChangeTable, acts: readonly Act[]): Generator<string, void, void> {
  for (const change of log) {
    const entity = table.entityOf(change);
    if (entity !== undefined) yield entity;
  }
  for (const { edit } of acts) {
    yield edit.entity;
    const text = textOf(edit);
    if (text !== undefined) yield text;
  }
}

/** What a person wrote in an edit. */
function textOf(edit: Edit): string | undefined {
  switch (edit.kind) {
    case 'set':
    case 'list-insert':
      return typeof edit.value === 'string' ? edit.value : undefined;
    case 'text-insert':
      return edit.text;
    case 'tag-add':
    case 'tag-remove':
      return edit.tag;
    default:
      return undefined;
  }
}

const FORMS: readonly Form[] = ['raw', 'base64', 'hex'];

function isBefore(one: Secret, other: Secret): boolean {
  return one.rank < other.rank || (one.rank === other.rank && FORMS.indexOf(one.form) < FORMS.indexOf(other.form));
}

/** How it stood there, and the beginning of that. */
function shown({ bytes, of }: Found): { as: Form; excerpt: string } {
  let excerpt = '';
  for (const byte of bytes.subarray(0, EXCERPT_LENGTH)) {
    excerpt += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.';
  }
  return { as: of.form, excerpt };
}

function addPayload(search: NeedleSearch<Secret>, slice: Uint8Array | undefined, change: number, rank: number): void {
  if (slice === undefined) return;
  search.add({ bytes: slice, of: { rank, change, form: 'raw' } });
  const hex = Buffer.from(slice).toString('hex');
  search.add({ bytes: encoder.encode(hex), of: { rank, change, form: 'hex' } });
  addBase64(search, slice, { rank, change, form: 'base64' });
}

function addText(search: NeedleSearch<Secret>, bytes: Uint8Array, rank: number): void {
  search.add({ bytes, of: { rank, change: -1, form: 'raw' } });
  addBase64(search, bytes, { rank, change: -1, form: 'base64' });
}

/** The characters that bytes alone decide, after none, one or two other bytes. */
function addBase64(search: NeedleSearch<Secret>, bytes: Uint8Array, of: Secret): void {
  for (let before = 0; before < 3; before++) {
    const shifted = new Uint8Array(before + bytes.length);
    shifted.set(bytes, before);
    const text = Buffer.from(shifted).toString('base64');
    const whole = text.slice(Math.ceil((before * 8) / 6), Math.floor((shifted.length * 8) / 6));
    search.add({ bytes: encoder.encode(whole), of });
  }
}

/** The slice of a payload that tells most, the first of those; undefined where none tells enough. */
function sliceOf(payload: Uint8Array): Uint8Array | undefined {
  const slice = tellingSlice(payload, SLICE_BYTES, (tried) => !isReadable(tried));
  return slice ?? tellingSlice(payload, READABLE_SLICE_BYTES, () => true);
}

function tellingSlice(
  payload: Uint8Array,
  length: number,
  suits: (tried: Uint8Array) => boolean,
): Uint8Array | undefined {
  const spare = Math.max(0, payload.length - length);
  let best: Uint8Array | undefined;
  let most = DIFFERENT_BYTES_MIN - 1;
  for (let i = 0; i < SLICES_TRIED; i++) {
    const from = Math.floor((spare * i) / (SLICES_TRIED - 1));
    const tried = payload.subarray(from, from + length);
    const different = new Set(tried).size;
    if (different > most && suits(tried)) [best, most] = [tried, different];
    if (spare === 0) break;
  }
  return best;
}

/** Whether bytes are printable ASCII but for some few. */
function isReadable(bytes: Uint8Array): boolean {
  let others = 0;
  for (const byte of bytes) if (byte < 32 || byte > 126) others++;
  return others < 4;
}

/** Whether a text is worth looking for: long enough, no number or date, and not of what the protocol shows. */
function isSecretText(text: string): boolean {
  if (text.length < NEEDLE_BYTES_MIN) return false;
  if (HEX.test(text)) return text.length >= HEX_CHARACTERS_MIN && /[a-f]/i.test(text);
  if (NUMBER_OR_ID.test(text)) return false;
  if (BASE64.test(text) && text.length < BASE64_CHARACTERS_MIN) return false;
  return !isPublic(text);
}

const HEX = /^[0-9a-f]+$/i;
/** Numbers, dates and times, and the groups of a UUID. */
const NUMBER_OR_ID = /^[0-9a-fTZ\s.,:;+-]+$/i;
const BASE64 = /^[A-Za-z0-9+/]+$/;

/** Whether the protocol shows a text as it is: types, operations, and ids. */
function isPublic(text: string): boolean {
  return (
    ENTITY_TYPES.some((type) => type === text) ||
    OPERATIONS.some((operation) => operation === text) ||
    parseChangeId(text) !== null ||
    parseActorId(text) !== null ||
    deviceIndexOf(text) >= 0 ||
    ledgerIndexOf(text) >= 0
  );
}

/** At most `max` of those that suit, at even distances, the first among them; never more than twice as many are kept. */
function thinned<T>(items: Iterable<T>, max: number, suits: (item: T) => boolean): T[] {
  let kept: T[] = [];
  let stride = 1;
  let count = 0;
  for (const item of items) {
    if (!suits(item)) continue;
    if (count++ % stride !== 0) continue;
    kept.push(item);
    if (kept.length < max * 2) continue;
    kept = kept.filter((_, index) => index % 2 === 0);
    stride *= 2;
  }
  if (kept.length <= max) return kept;
  return Array.from({ length: max }, (_, index) => kept[Math.floor((index * kept.length) / max)]!);
}
