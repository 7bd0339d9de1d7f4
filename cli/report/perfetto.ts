// A space-time picture as a trace that ui.perfetto.dev reads: the JSON trace event format (Chrome's "Trace Event Format"),
// a track for each lane, slices for what is sent, taken and lasts, flows for messages. It must not know findings.

import { oneLine } from './escape.ts';
import type { SpaceTime, SpaceTimeEvent } from './space-time.ts';

const PROCESS = 1;
/** What lasts has tracks of its own, so many behind its lane's: slices of one track may not overlap but in each other. */
const TRACKS = 16;
/** A slice is at most this share of the whole: what happens takes no virtual time, and would not be seen. */
const SLICE_SHARE = 1 / 400;

type TraceEvent = Readonly<Record<string, unknown>> & { readonly ts: number };

/** Whether it is drawn as a mark rather than as a slice. */
const MARKS: readonly SpaceTimeEvent['kind'][] = ['edit', 'fault', 'restart', 'calm', 'judge'];

/** The trace as the text of a JSON file. @param title what the process is called: which finding it is */
export function perfettoTrace(picture: SpaceTime, title: string): string {
  const timed: TraceEvent[] = [...spanSlices(picture), ...marks(picture), ...slicesAndFlows(picture)];
  // Sorting is stable: what stands at one instant keeps its order, a flow's slice before the flow.
  timed.sort((one, other) => one.ts - other.ts);
  const trace = {
    displayTimeUnit: 'ms',
    otherData: {
      title: oneLine(title),
      note: 'Times are virtual. What is sent or taken happens at the begin of its slice; its length means nothing.',
    },
    traceEvents: [...names(picture, title), ...timed],
  };
  return `${JSON.stringify(trace)}\n`;
}

function names({ lanes, spans }: SpaceTime, title: string): Readonly<Record<string, unknown>>[] {
  const named = (tid: number, name: string): Readonly<Record<string, unknown>>[] => [
    { ph: 'M', pid: PROCESS, tid, name: 'thread_name', args: { name: oneLine(name) } },
    { ph: 'M', pid: PROCESS, tid, name: 'thread_sort_index', args: { sort_index: tid } },
  ];
  const used = new Set(tracksOf(spans));
  return [
    { ph: 'M', pid: PROCESS, tid: 0, name: 'process_name', args: { name: oneLine(title) } },
    ...lanes.flatMap(({ name }, lane) => {
      const own = [...used]
        .filter((tid) => tid > trackOf(lane) && tid < trackOf(lane + 1))
        .sort((one, other) => one - other);
      return [...named(trackOf(lane), name), ...own.flatMap((tid) => named(tid, `${name}: faults`))];
    }),
  ];
}

function trackOf(lane: number): number {
  return 1 + lane * TRACKS;
}

/** The tracks of what lasts: the first behind its lane's on which nothing else lasts then. */
function tracksOf(spans: SpaceTime['spans']): number[] {
  const ends = new Map<number, number>();
  const tracks = new Map<SpaceTime['spans'][number], number>();
  for (const span of [...spans].sort((one, other) => one.fromUs - other.fromUs)) {
    let track = trackOf(span.lane) + 1;
    const last = trackOf(span.lane + 1) - 1;
    while (track < last && (ends.get(track) ?? -1) > span.fromUs) track++;
    ends.set(track, Math.max(ends.get(track) ?? 0, span.fromUs + lengthOf(span)));
    tracks.set(span, track);
  }
  return spans.map((span) => tracks.get(span)!);
}

function lengthOf({ fromUs, toUs }: SpaceTime['spans'][number]): number {
  return Math.max(1, toUs - fromUs);
}

function spanSlices({ spans }: SpaceTime): TraceEvent[] {
  const tracks = tracksOf(spans);
  return spans.map((span, at) => ({
    ph: 'X',
    pid: PROCESS,
    tid: tracks[at]!,
    ts: span.fromUs,
    dur: lengthOf(span),
    cat: 'fault',
    name: oneLine(span.text),
    args: {},
  }));
}

function marks({ events }: SpaceTime): TraceEvent[] {
  return events
    .filter(({ kind }) => MARKS.includes(kind))
    .map((event) => ({
      ph: 'i',
      s: 't',
      pid: PROCESS,
      tid: trackOf(event.lane),
      ts: event.atUs,
      cat: event.kind,
      name: oneLine(event.text),
      args: argsOf([event]),
    }));
}

/** What happens on a lane at one instant is one slice, in which the flows of its messages begin and end. */
function slicesAndFlows({ events, messages, endUs }: SpaceTime): TraceEvent[] {
  const slices = new Map<string, SpaceTimeEvent[]>();
  for (const event of events) {
    if (MARKS.includes(event.kind)) continue;
    const key = `${event.lane} ${event.atUs}`;
    const there = slices.get(key);
    if (there === undefined) slices.set(key, [event]);
    else there.push(event);
  }
  const longestUs = Math.max(1, Math.floor(endUs * SLICE_SHARE));
  const all = [...slices.values()];
  const made = all.map((held, at): TraceEvent => {
    const { lane, atUs } = held[0]!;
    const next = all.slice(at + 1).find((other) => other[0]!.lane === lane);
    const dur = Math.max(1, Math.min(longestUs, (next?.[0]?.atUs ?? Number.POSITIVE_INFINITY) - atUs));
    return {
      ph: 'X',
      pid: PROCESS,
      tid: trackOf(lane),
      ts: atUs,
      dur,
      cat: 'message',
      name: oneLine(held.map(({ text }) => text).join('; ')),
      args: argsOf(held),
    };
  });
  const flows = messages.flatMap(
    ({ kind, from, fromUs, to, toUs, isLost, sendOrder, receiveOrder }, at): TraceEvent[] => {
      if (isLost || toUs === null || sendOrder === null || receiveOrder === null) return [];
      const flow = { cat: 'message', name: kind, id: at + 1, pid: PROCESS, bp: 'e' };
      return [
        { ...flow, ph: 's', tid: trackOf(from), ts: fromUs },
        { ...flow, ph: 'f', tid: trackOf(to), ts: toUs },
      ];
    },
  );
  return [...made, ...flows];
}

function argsOf(events: readonly SpaceTimeEvent[]): Readonly<Record<string, unknown>> {
  const labels = [...new Set(events.flatMap((event) => event.labels))];
  const isConflicting = events.some((event) => event.isConflicting);
  return {
    order: events[0]!.order,
    ...(labels.length > 0 && { edits: labels.map(oneLine).join(', ') }),
    ...(isConflicting && { conflicting: true }),
    ...(events.some(({ isPreload }) => isPreload === true) && { before: 'everybody has it from the start' }),
  };
}
