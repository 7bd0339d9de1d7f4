// Which events of a space-time picture stand in one row, and which rows are left out of a long one. It must not know how
// rows are drawn.

import type { SpaceTime, SpaceTimeEvent, SpaceTimeMessage } from './space-time.ts';

/** Beyond so many rows, what brings nothing is left out; beyond them still, the middle is. */
const ROWS_MAX = 48;
const FIRST_ROWS = 16;
/** Edits that everybody has from the start are drawn one by one up to so many. */
const PRELOADS_MAX = 4;

/** What happens on one lane at one instant, without anything elsewhere between. */
export interface Row {
  readonly lane: number;
  readonly atUs: number;
  readonly events: readonly SpaceTimeEvent[];
}

export interface Rows {
  readonly rows: readonly Row[];
  readonly messages: readonly SpaceTimeMessage[];
  /** Rows before the gap; −1 where there is none. */
  readonly gapAfter: number;
  /** Events that stand in no row, for the gap and for what is idle. */
  readonly leftOut: number;
}

/** The rows of a picture. */
export function rowsOf(picture: SpaceTime): Rows {
  const events = withoutPreloads(picture.events);
  const whole = grouped(events);
  if (whole.length <= ROWS_MAX) return { ...kept(picture, whole, -1), leftOut: picture.events.length - events.length };
  const busy = grouped(events.filter(({ isIdle }) => isIdle !== true));
  const isLong = busy.length > ROWS_MAX;
  const rows = isLong ? [...busy.slice(0, FIRST_ROWS), ...busy.slice(FIRST_ROWS - ROWS_MAX)] : busy;
  const told = rows.reduce((sum, row) => sum + row.events.length, 0);
  return { ...kept(picture, rows, isLong ? FIRST_ROWS : -1), leftOut: picture.events.length - told };
}

/** Of far too many beginnings, those that conflict, and the last. */
function withoutPreloads(events: readonly SpaceTimeEvent[]): readonly SpaceTimeEvent[] {
  const preloads = events.filter(({ isPreload }) => isPreload === true);
  if (preloads.length <= PRELOADS_MAX) return events;
  const told = new Set([...preloads.filter(({ isConflicting }) => isConflicting), ...preloads.slice(-PRELOADS_MAX)]);
  return events.filter((event) => event.isPreload !== true || told.has(event));
}

function grouped(events: readonly SpaceTimeEvent[]): Row[] {
  const rows: { lane: number; atUs: number; events: SpaceTimeEvent[] }[] = [];
  for (const event of events) {
    const last = rows.at(-1);
    const { lane, atUs } = event;
    const isAlone =
      isOfAll(event) || event.kind === 'edit' || last?.events.some((each) => isOfAll(each) || each.kind === 'edit');
    if (last !== undefined && isAlone !== true && last.lane === lane && last.atUs === atUs) last.events.push(event);
    else rows.push({ lane, atUs, events: [event] });
  }
  return rows;
}

/** What happens on all lanes. */
export function isOfAll({ kind }: SpaceTimeEvent): boolean {
  return kind === 'calm' || kind === 'judge';
}

function kept(picture: SpaceTime, rows: readonly Row[], gapAfter: number): Omit<Rows, 'leftOut'> {
  const orders = new Set(rows.flatMap(({ events }) => events.map(({ order }) => order)));
  const stands = (order: number | null): boolean => order === null || orders.has(order);
  const messages = picture.messages.filter(
    ({ sendOrder, receiveOrder }) => sendOrder !== null && stands(sendOrder) && stands(receiveOrder),
  );
  return { rows, messages, gapAfter };
}
