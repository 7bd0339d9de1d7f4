// Runs one seed twice and compares: checkpoints of the trace's hash tell where the runs part, and the records around it
// which event was the first to differ. It must not know what is simulated.

import type { Trace } from '../sim/trace.ts';
import { firstDifference } from '../sim/trace.ts';
import { drive, prepare, type PreparedRun } from './run.ts';
import type { DeterminismOutcome, RunHooks, RunInput, RunOutcome } from './result.ts';

/** Events shown before the first one that differs. */
const EVENTS_BEFORE = 8;

/** One run with its trace. */
async function traced(
  input: RunInput,
  hooks: RunHooks,
  keep?: { last: number; until: number },
): Promise<{ outcome: RunOutcome; trace: Trace }> {
  const prepared: PreparedRun = await prepare(
    input,
    keep === undefined ? {} : { keepLast: keep.last, keepUntil: keep.until },
  );
  hooks.onStart?.(prepared.config);
  const outcome = await drive(prepared, hooks);
  return { outcome, trace: prepared.world.simulation.trace };
}

/**
 * Runs a seed twice. Where the traces differ, both are run again up to the end of the interval between checkpoints in
 * which they part, with the records of that interval kept, and the first record that differs is shown with those before.
 *
 * @returns the first run's outcome, and the mismatch if there is one
 */
export async function checkDeterminism(input: RunInput, hooks: RunHooks = {}): Promise<DeterminismOutcome> {
  const { onStart: _onStart, ...quiet } = hooks;
  const first = await traced(input, hooks);
  if (isInterrupted(first.outcome)) return { outcome: first.outcome };
  const second = await traced(input, quiet);
  if (isInterrupted(second.outcome)) return { outcome: second.outcome };
  const interval = firstDifference(first.trace, second.trace);
  if (interval === undefined) return { outcome: first.outcome };

  const every = first.trace.checkpointEvery;
  // The records of the interval and some before it, of two runs that are made once more.
  const keep = { last: every + EVENTS_BEFORE, until: (interval + 1) * every };
  const third = await traced(input, quiet, keep);
  const fourth = await traced(input, quiet, keep);
  return { outcome: first.outcome, mismatch: mismatchOf(third.trace, fourth.trace, keep.last, interval * every) };
}

function isInterrupted({ result }: RunOutcome): boolean {
  return result.verdict === 'interrupted';
}

function mismatchOf(
  one: Trace,
  other: Trace,
  count: number,
  from: number,
): { event: number; first: string[]; second: string[] } {
  const left = one.lastRecords(count);
  const right = other.lastRecords(count);
  const offset = left[0]?.index ?? 0;
  const length = Math.max(left.length, right.length);
  let at = 0;
  while (at < length) {
    const [a, b] = [left[at], right[at]];
    if (a === undefined || b === undefined || one.format(a) !== other.format(b)) break;
    at++;
  }
  const begin = Math.max(0, at - EVENTS_BEFORE);
  const text = (trace: Trace, records: typeof left): string[] => {
    const lines = records.slice(begin, at + 1).map((record) => `#${record.index} ${trace.format(record)}`);
    return records[at] === undefined ? [...lines, 'the trace has ended'] : lines;
  };
  // Two runs that part from chance may, made again, part elsewhere or not at all: then the interval is what is known.
  if (at === length)
    return { event: from, first: [`between events ${from} and ${from + count}`], second: ['not again'] };
  return { event: offset + at, first: text(one, left), second: text(other, right) };
}
