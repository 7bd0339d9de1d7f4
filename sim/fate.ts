// What becomes of messages on links: the words for it, and what chance does. Each draw is stateless: it follows from the
// key of the link's name and the message's own place (ordinal, attempt, page, copy), so that taking away any other
// message, link or fault leaves it as it was. It must not know what state a link is in.

import { quantile } from './distributions.ts';
import type { LinkClass } from './link.ts';
import { keyedUnit, type StreamKey } from './random.ts';

/** What became of one copy of a message, as far as chance decided it. */
export interface Fate {
  readonly lost: boolean;
  /** Delayed on a detour: does not hold back later messages of an in-order link. */
  readonly reordered: boolean;
  /** Latency and detour in whole microseconds; without waiting for the wire, added delay and clogging. 0 if lost. */
  readonly delayUs: number;
}

/** Recorded fates, which take the place of draws. */
export interface FateSource {
  /**
   * The fate of a copy. If there is none for copy 0, the message arrives once, after the nominal latency; if there is,
   * the copies 1, 2, … exist for as long as there is a fate for them.
   */
  fate(link: number, ordinal: number, attempt: number, page: number, copy: number): Fate | undefined;
}

/** Sees the fate of each copy, drawn or recorded; arguments as in `Fate` and `FateSource`. */
export type OnFate = (
  link: number,
  ordinal: number,
  attempt: number,
  page: number,
  copy: number,
  lost: boolean,
  reordered: boolean,
  delayUs: number,
) => void;

/**
 * Why a copy was not delivered: `lost` by chance, `blocked` because its link was blocked when it was sent, `cut` because
 * the link was blocked while it was under way (told when it would have arrived).
 */
export type DropReason = 'lost' | 'blocked' | 'cut';

/** What may look on or take part; left-out hooks cost nothing. */
export interface NetworkHooks {
  readonly fates?: FateSource;
  readonly onFate?: OnFate;
  /** Called for each copy that will not be delivered, so that what its integers stand for can be let go. */
  readonly onDrop?: (link: number, reason: DropReason, a: number, b: number, c: number) => void;
}

/** Totals since the start. `sent + duplicated = delivered + lost + droppedByPartition + inFlight`, always. */
export interface NetworkStatistics {
  readonly sent: number;
  readonly delivered: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Copies that took a detour. */
  readonly reordered: number;
  readonly droppedByPartition: number;
  readonly inFlight: number;
  /** Bytes that senders put on wires; duplicates arise beyond the wire, and a blocked link takes nothing. */
  readonly bytes: number;
}

/** What a draw is for; a copy's draws are numbered `copy * PURPOSES + purpose`. */
const LOST = 0;
const DUPLICATED = 1;
const LATENCY = 2;
const REORDERED = 3;
const DETOUR = 4;
const PURPOSES = 8;

/** Whether a message is doubled on its way. */
export function isDuplicated(
  { duplicateRate }: LinkClass,
  key: StreamKey,
  ordinal: number,
  attempt: number,
  page: number,
): boolean {
  return duplicateRate > 0 && keyedUnit(key, ordinal, attempt, page, DUPLICATED) < duplicateRate;
}

/** Whether a copy is lost; each copy of a doubled message on its own. */
export function isLost(
  { lossRate }: LinkClass,
  key: StreamKey,
  ordinal: number,
  attempt: number,
  page: number,
  copy: number,
): boolean {
  return lossRate > 0 && keyedUnit(key, ordinal, attempt, page, copy * PURPOSES + LOST) < lossRate;
}

/** Whether a copy takes a detour. */
export function isReordered(
  { reorderRate }: LinkClass,
  key: StreamKey,
  ordinal: number,
  attempt: number,
  page: number,
  copy: number,
): boolean {
  return reorderRate > 0 && keyedUnit(key, ordinal, attempt, page, copy * PURPOSES + REORDERED) < reorderRate;
}

/** Latency of a copy, with its detour if it takes one, in whole microseconds. */
export function drawDelayUs(
  linkClass: LinkClass,
  key: StreamKey,
  ordinal: number,
  attempt: number,
  page: number,
  copy: number,
  reordered: boolean,
): number {
  const draw = copy * PURPOSES;
  const latencyUs = linkClass.isConstant
    ? linkClass.constantUs
    : Math.round(quantile(linkClass.latency, keyedUnit(key, ordinal, attempt, page, draw + LATENCY)) * 1000);
  if (!reordered) return latencyUs;
  return (
    latencyUs + Math.round(quantile(linkClass.detour, keyedUnit(key, ordinal, attempt, page, draw + DETOUR)) * 1000)
  );
}
