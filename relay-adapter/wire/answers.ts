// What a relay has answered, read into changes by number. Anything may come back: what is no answer of the protocol is
// told as such, and taken for a refusal. It must not know what the right answer would have been.

import type { Refusal, RefusalCode, Rejection } from '../../models/relay/messages.ts';
import { refusal } from '../../models/relay/store.ts';
import type { ComplaintKind } from '../../models/oracles/protocol.ts';
import { type Dialect, ERROR_CODES, ERROR_STATUS } from '../protocol.ts';
import { decodeErrorBody, decodePullResponse, decodePushResponse } from '../protocol-codec.ts';
import type { WireBodies } from './bodies.ts';
import type { Hide } from './hiding.ts';
import type { WireAnswer } from './wire.ts';

export interface ReadPush {
  readonly kind: 'pushed';
  readonly accepted: readonly number[];
  readonly rejected: readonly Rejection[];
}

export interface ReadPage {
  readonly kind: 'page';
  readonly changes: readonly number[];
  /** In 1.1 the cursor of each change; in 1.0 the timestamp, milliseconds since 1970. */
  readonly cursors: readonly (string | number)[];
  /** The page's own cursor; 1.0 has none. */
  readonly cursor: string | undefined;
  readonly hasMore: boolean;
}

/** What was wrong with an answer, in words. */
export interface Wrong {
  readonly kind: ComplaintKind;
  readonly got: string;
}

export interface ReadAnswer<T> {
  readonly response: T | Refusal;
  readonly wrong?: Wrong;
}

/** Most characters of a relay's own words that are shown. */
const SHOWN_MAX = 160;

/** Codes that stand for a status whose body does not say. */
const CODE_BY_STATUS: ReadonlyMap<number, RefusalCode> = new Map([
  ...ERROR_CODES.map((code): [number, RefusalCode] => [ERROR_STATUS[code], code]).reverse(),
  [500, 'INTERNAL_ERROR'],
  [502, 'UNAVAILABLE'],
  [504, 'UNAVAILABLE'],
]);

/** Of a proxy between: bad gateway, no instance, gateway time-out. */
const GATEWAY_STATUS: readonly number[] = [502, 503, 504];

/** How answers are read. */
export interface Reading {
  readonly dialect: Dialect;
  readonly bodies: WireBodies;
  /** Takes the secrets of this process out of a relay's own words, which are shown. */
  readonly hide: Hide;
}

/** Reads the answer to a push. */
export function readPush(answer: WireAnswer, { dialect, bodies, hide }: Reading): ReadAnswer<ReadPush> {
  if (answer.status !== 200) return readRefusal(answer, hide);
  const decoded = decodePushResponse(answer.body, dialect);
  if (!decoded.ok) return unreadable(decoded.error.message, answer, hide);
  const unknown: string[] = [];
  const numberOf = (id: string): number => {
    const change = bodies.numberOf(id);
    if (change < 0) unknown.push(id);
    return change;
  };
  const accepted = decoded.value.accepted.map(numberOf).filter((change) => change >= 0);
  const rejected = decoded.value.rejected
    .map(({ id, reason }) => ({ change: numberOf(id), reason: shown(reason, hide) }))
    .filter(({ change }) => change >= 0);
  const response: ReadPush = { kind: 'pushed', accepted, rejected };
  return unknown.length === 0 ? { response } : { response, wrong: unknownChange(unknown[0]!, hide) };
}

/** Reads a page. What it holds of changes that are not this run's, or that are altered, is left out. */
export function readPage(answer: WireAnswer, { dialect, bodies, hide }: Reading): ReadAnswer<ReadPage> {
  if (answer.status !== 200) return readRefusal(answer, hide);
  const decoded = decodePullResponse(answer.body, dialect);
  if (!decoded.ok) return unreadable(decoded.error.message, answer, hide);
  const { value } = decoded;
  const changes: number[] = [];
  const cursors: (string | number)[] = [];
  let wrong: Wrong | undefined;
  for (const each of value.changes) {
    const change = bodies.numberOf(each.id);
    if (change < 0) {
      wrong ??= unknownChange(each.id, hide);
      continue;
    }
    if (!bodies.opened(change, each.encrypted_payload)) {
      wrong ??= { kind: 'altered-payload', got: `another payload of ${shown(each.id, hide)} than was pushed` };
      continue;
    }
    changes.push(change);
    cursors.push('cursor' in each ? each.cursor : each.timestamp);
  }
  const cursor = 'cursor' in value ? value.cursor : undefined;
  const response: ReadPage = { kind: 'page', changes, cursors, cursor, hasMore: value.has_more };
  return wrong === undefined ? { response } : { response, wrong };
}

/** What stands for an answer that is no page and accepts nothing. */
function readRefusal(answer: WireAnswer, hide: Hide): { response: Refusal; wrong?: Wrong } {
  const { status, retryAfterMs } = answer;
  if (status === 0) {
    const got = `no answer (${shown(answer.error ?? 'unknown', hide)})`;
    return { response: refusal('UNAVAILABLE', retryAfterMs), wrong: { kind: 'unanswered', got } };
  }
  const decoded = decodeErrorBody(answer.body);
  const code = decoded.ok ? ERROR_CODES.find((each) => each === decoded.value.error.code) : undefined;
  const response = refusal(code ?? CODE_BY_STATUS.get(status) ?? 'INTERNAL_ERROR', retryAfterMs);
  if (decoded.ok) return { response };
  // In words of its own a gateway says that nobody behind it has answered.
  if (GATEWAY_STATUS.includes(status))
    return { response, wrong: { kind: 'unanswered', got: `status ${status} of a gateway` } };
  return { response, wrong: unreadable(decoded.error.message, answer, hide).wrong };
}

function unreadable(message: string, { status, body }: WireAnswer, hide: Hide): { response: Refusal; wrong: Wrong } {
  const got = `status ${status}, ${shown(message, hide)}: ${body === '' ? 'an empty body' : shown(body, hide)}`;
  return { response: refusal('INTERNAL_ERROR'), wrong: { kind: 'unreadable', got } };
}

function unknownChange(id: string, hide: Hide): Wrong {
  return { kind: 'unknown-change', got: `a change ${shown(id, hide)} that nobody in this run has pushed` };
}

/** A relay's own words, as they may be shown. Hidden before they are cut: of half a secret nobody would know it. */
function shown(text: string, hide: Hide): string {
  const hidden = hide(text);
  return hidden.length <= SHOWN_MAX ? hidden : `${hidden.slice(0, SHOWN_MAX - 1)}…`;
}
