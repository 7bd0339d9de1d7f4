// Runs one seed twice and compares: checkpoints of the trace's hash tell where the runs part, and the records around it
// which event was the first to differ. Runs of one trace must also leave the same result and the same documents. It
// must not know what is simulated.

import { firstDifference, type Trace } from '../sim/trace.ts';
import { drive, prepare } from './run.ts';
import type { DeterminismOutcome, Result, RunHooks, RunInput, RunOutcome } from './result.ts';
import type { World } from './world.ts';

/** Events shown before the first one that differs. */
const EVENTS_BEFORE = 8;

/** How often a pair of runs is made to show an event, where runs that part from chance part elsewhere each time. */
const PAIRS_MAX = 3;

type Mismatch = NonNullable<DeterminismOutcome['mismatch']>;

interface Traced {
  outcome: RunOutcome;
  world: World;
  trace: Trace;
}

/** One run with its trace. @param interval keeps the records between two checkpoints and some before */
async function traced(input: RunInput, hooks: RunHooks, interval?: { index: number; every: number }): Promise<Traced> {
  const keep =
    interval === undefined
      ? {}
      : { keepLast: interval.every + EVENTS_BEFORE, keepUntil: (interval.index + 1) * interval.every };
  const prepared = await prepare(input, keep);
  hooks.onStart?.(prepared.config);
  const outcome = await drive(prepared, hooks);
  return { outcome, world: prepared.world, trace: prepared.world.simulation.trace };
}

/**
 * Runs a seed twice. Where the traces differ, both are run again up to the end of the interval between checkpoints in
 * which they part, with the records of that interval kept, and the first record that differs is shown with those before.
 *
 * @returns the first run's outcome, or that of the run that was interrupted, and the mismatch if there is one
 */
export async function checkDeterminism(input: RunInput, hooks: RunHooks = {}): Promise<DeterminismOutcome> {
  const quiet = { ...hooks };
  delete quiet.onStart;
  const first = await traced(input, hooks);
  if (isInterrupted(first)) return { outcome: first.outcome };
  const second = await traced(input, quiet);
  if (isInterrupted(second)) return { outcome: second.outcome };
  const interval = firstDifference(first.trace, second.trace);
  const mismatch =
    interval === undefined ? leftDifference(first, second) : await shownDifference(input, quiet, first.trace, interval);
  return { outcome: first.outcome, ...(mismatch === undefined ? {} : { mismatch }) };
}

function isInterrupted({ outcome }: Traced): boolean {
  return outcome.result.verdict === 'interrupted';
}

/** Makes pairs of runs until one parts in the interval whose records were kept. */
async function shownDifference(input: RunInput, hooks: RunHooks, trace: Trace, parted: number): Promise<Mismatch> {
  const every = trace.checkpointEvery;
  let index = parted;
  for (let pair = 0; pair < PAIRS_MAX; pair++) {
    const one = await traced(input, hooks, { index, every });
    const other = await traced(input, hooks, { index, every });
    const mismatch = firstRecords(one.trace, other.trace, every + EVENTS_BEFORE);
    const again = firstDifference(one.trace, other.trace);
    if (mismatch !== undefined && again === index) return mismatch;
    if (again === undefined || isInterrupted(one) || isInterrupted(other)) break;
    index = again;
  }
  const from = parted * every;
  const range = `somewhere in the events from ${from} to ${from + every - 1}`;
  return { event: from, first: [range], second: [`${range}; runs that were made again part elsewhere, or not at all`] };
}

/** The first kept record that differs, with those before it. Undefined where all are alike. */
function firstRecords(one: Trace, other: Trace, count: number): Mismatch | undefined {
  const left = one.lastRecords(count);
  const right = other.lastRecords(count);
  // Both keep up to the same record, unless one has ended before it.
  const from = Math.max(left[0]?.index ?? 0, right[0]?.index ?? 0);
  const end = Math.max(left.at(-1)?.index ?? -1, right.at(-1)?.index ?? -1);
  const textOf = (trace: Trace, records: typeof left, index: number): string => {
    const record = records[index - (records[0]?.index ?? 0)];
    return record === undefined ? `#${index} the run has ended` : `#${index} ${trace.format(record)}`;
  };
  for (let index = from; index <= end; index++) {
    if (textOf(one, left, index) === textOf(other, right, index)) continue;
    const shown = Array.from({ length: Math.min(EVENTS_BEFORE, index - from) + 1 }, (_, at) => index - at).reverse();
    return {
      event: index,
      first: shown.map((at) => textOf(one, left, at)),
      second: shown.map((at) => textOf(other, right, at)),
    };
  }
  return undefined;
}

/** Runs of one trace that leave different results or documents: something is decided that no event carries. */
function leftDifference(one: Traced, other: Traced): Mismatch | undefined {
  const event = one.trace.count;
  const part = differingPart(comparable(one.outcome.result), comparable(other.outcome.result), 'result');
  if (part !== undefined) {
    const [place, first, second] = part;
    return { event, first: [`${place} = ${first}`], second: [`${place} = ${second}`] };
  }
  for (const [index, device] of one.world.devices.entries()) {
    const first = device.version();
    const second = other.world.devices[index]?.version() ?? 'nothing';
    const place = `the document of device ${index} in the end`;
    if (first !== second) return { event, first: [`${place}: ${first}`], second: [`${place}: ${second}`] };
  }
  return undefined;
}

/** A result without what may differ. */
function comparable({ wallMs: _wallMs, runtime: _runtime, ...result }: Result): unknown {
  return result;
}

/** The first place at which two plain values differ, and what stands there. */
function differingPart(one: unknown, other: unknown, place: string): [string, string, string] | undefined {
  const [first, second] = [JSON.stringify(one), JSON.stringify(other)];
  if (first === second) return undefined;
  if (typeof one === 'object' && typeof other === 'object' && one !== null && other !== null) {
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const part = differingPart(Reflect.get(one, key), Reflect.get(other, key), `${place}.${key}`);
      if (part !== undefined) return part;
    }
  }
  return [place, first ?? 'nothing', second ?? 'nothing'];
}
