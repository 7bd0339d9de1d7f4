// Perfetto's trace against the rules of the trace event format.
import { describe, expect, test } from 'vitest';
import { perfettoTrace } from '../../../cli/report/perfetto.ts';
import type { SpaceTime } from '../../../cli/report/space-time.ts';
import { harmful, pictured } from './pictures.ts';

const all = await pictured();

type Event = Record<string, unknown> & { ph: string; pid: number; tid: number; name: string; ts: number; dur: number };

/** Keys that each phase must have, beside pid, tid, name. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  M: ['args'],
  X: ['ts', 'dur', 'cat'],
  i: ['ts', 's', 'cat'],
  s: ['ts', 'id', 'cat'],
  f: ['ts', 'id', 'cat', 'bp'],
};

/** What breaks a rule of the format. */
function faultsOf(text: string): string[] {
  const { traceEvents } = JSON.parse(text) as { traceEvents: Event[] };
  const faults: string[] = [];
  const check = (holds: boolean, what: string, event: Event): void => {
    if (!holds) faults.push(`${what}: ${JSON.stringify(event)}`);
  };
  const slices = traceEvents.filter(({ ph }) => ph === 'X');
  const within = ({ tid, ts }: Event): boolean =>
    slices.some((slice) => slice.tid === tid && slice.ts <= ts && ts < slice.ts + slice.dur);
  let last = Number.NEGATIVE_INFINITY;
  for (const event of traceEvents) {
    const { ph, pid, tid, name, ts } = event;
    check(ph in KEYS, 'a phase that is known', event);
    for (const key of KEYS[ph] ?? []) check(event[key] !== undefined && event[key] !== null, `key ${key}`, event);
    check(Number.isSafeInteger(pid) && Number.isSafeInteger(tid), 'numbers of process and thread', event);
    check(typeof name === 'string' && name !== '', 'a name', event);
    if (ph === 'M') {
      check(['process_name', 'thread_name', 'thread_sort_index'].includes(name), 'metadata that is known', event);
      continue;
    }
    check(Number.isSafeInteger(ts) && ts >= 0, 'a time', event);
    check(ts >= last, 'times that ascend', event);
    last = ts;
    if (ph === 'X') check(Number.isSafeInteger(event.dur) && event.dur >= 1, 'a length', event);
    if (ph === 'i') check(['t', 'p', 'g'].includes(String(event['s'])), 'a scope', event);
    if (ph === 's' || ph === 'f') check(within(event), 'a slice around a flow', event);
    const isPair = (other: Event): boolean => other['id'] === event['id'] && other['cat'] === event['cat'];
    if (ph === 'f') {
      const starts = traceEvents.filter((other) => other.ph === 's' && isPair(other));
      check(starts.length === 1 && starts[0]!.ts <= ts && starts[0]!.name === name, 'one start of a flow', event);
    }
    if (ph === 's') {
      check(traceEvents.filter((other) => other.ph === 'f' && isPair(other)).length === 1, 'one end of a flow', event);
    }
  }
  // Slices of a thread lie in each other or apart.
  for (const [at, one] of slices.entries()) {
    for (const other of slices.slice(at + 1)) {
      if (one.tid !== other.tid) continue;
      const isApart = other.ts >= one.ts + one.dur;
      check(isApart || other.ts + other.dur <= one.ts + one.dur, 'slices that nest', other);
    }
  }
  return faults;
}

function eventsOf(picture: SpaceTime): Event[] {
  return (JSON.parse(perfettoTrace(picture, 'one')) as { traceEvents: Event[] }).traceEvents;
}

describe.each(all)('the trace of $name', ({ picture }) => {
  test('keeps the rules of the format', () => {
    expect(faultsOf(perfettoTrace(picture, 'one'))).toEqual([]);
  });

  test('has a track for each lane, a mark for each edit, a flow for each message that arrives', () => {
    const events = eventsOf(picture);
    const names = events
      .filter(({ name }) => name === 'thread_name')
      .map(({ args }) => (args as { name: string }).name);
    for (const { name } of picture.lanes) expect(names).toContain(name);
    const edits = picture.events.filter(({ kind }) => kind === 'edit');
    expect(events.filter(({ ph, cat }) => ph === 'i' && cat === 'edit').map(({ name }) => name)).toEqual(
      edits.map(({ text }) => text),
    );
    const arrived = picture.messages.filter(({ isLost }) => !isLost);
    expect(events.filter(({ ph }) => ph === 'f').map(({ ts }) => ts)).toEqual(
      arrived.map(({ toUs }) => toUs!).sort((one, other) => one - other),
    );
  });
});

test('what lasts at the same time has tracks of its own', () => {
  const { picture } = all[0]!;
  const span = (fromUs: number, toUs: number): SpaceTime['spans'][number] => ({
    lane: 0,
    fromUs,
    toUs,
    text: 'offline',
  });
  const trace = perfettoTrace({ ...picture, spans: [span(0, 500), span(100, 900), span(600, 700)] }, 'one');
  expect(faultsOf(trace)).toEqual([]);
  const { traceEvents } = JSON.parse(trace) as { traceEvents: Event[] };
  const tracks = traceEvents.filter(({ ph, cat }) => ph === 'X' && cat === 'fault').map(({ tid }) => tid);
  expect(tracks).toEqual([2, 3, 2]);
});

test('harmful texts are data', () => {
  const trace = perfettoTrace(harmful(all[0]!.picture), '\u001b[31m\u202e');
  expect(faultsOf(trace)).toEqual([]);
  expect(trace).not.toMatch(/\\u001b|\\u0000|\u202e/i);
});
