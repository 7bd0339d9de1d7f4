// A kept finding is run again and compared with what was kept. It must not know files, nor how the answer is shown.

import type { DocumentType } from '../../models/documents/port.ts';
import type { Finding } from '../../models/finding.ts';
import type { FindingFile } from './finding-file.ts';
import { trialOf } from './trial.ts';
import type { TrialOutcome } from './trial-port.ts';

/**
 * What a replay shows: the same oracle speaks; another one does; none does though everything happened that the plan
 * names; none does and the plan no longer reaches what it tested.
 */
export type ReplayVerdict = 'reproduced' | 'other' | 'gone' | 'not-exercised';

/** The first event that differs from the recording. */
export interface TraceDifference {
  readonly index: number;
  readonly expected: string;
  readonly got: string;
  /** The events before it, the same in both, the oldest first. */
  readonly before: readonly string[];
}

export interface Replay {
  readonly verdict: ReplayVerdict;
  /** What was found: that of the same oracle where there is one. */
  readonly finding: Finding | undefined;
  readonly outcome: TrialOutcome;
  /** Whether the trace is that of the recording, event for event. */
  readonly isExact: boolean;
  readonly difference: TraceDifference | undefined;
  /** What the plan names and no longer happens, though it did when it was kept. */
  readonly unexercised: readonly string[];
}

const BEFORE = 8;

/** Runs a finding's plan again. */
export function replayOf(file: FindingFile, documents: DocumentType): Replay {
  const outcome = trialOf(documents)(file.config, file.plan);
  const { signature, oracle } = file.finding;
  const finding =
    outcome.findings.find((each) => each.signature === signature) ??
    outcome.findings.find((each) => each.oracle === oracle) ??
    outcome.findings[0];
  const unexercised = outcome.unexercised.filter((each) => !file.unexercised.includes(each));
  const isExact = outcome.traceHash === file.traceHash;
  return {
    verdict: verdictOf(finding, oracle, unexercised.length > 0),
    finding,
    outcome,
    isExact,
    difference: isExact ? undefined : differenceOf(file, outcome),
    unexercised,
  };
}

function verdictOf(finding: Finding | undefined, oracle: string, isUnexercised: boolean): ReplayVerdict {
  if (finding !== undefined) return finding.oracle === oracle ? 'reproduced' : 'other';
  return isUnexercised ? 'not-exercised' : 'gone';
}

/** From the events that were kept; where those are alike, from the checkpoints before them. */
function differenceOf(file: FindingFile, outcome: TrialOutcome): TraceDifference {
  const [expected, got] = [byIndex(file.lastEvents), byIndex(outcome.lastEvents)];
  const indexes = [...new Set([...expected.keys(), ...got.keys()])].sort((one, other) => one - other);
  const common = indexes.filter((index) => expected.has(index) || got.has(index));
  const index = common.find((each) => expected.get(each) !== got.get(each));
  const checkpoint = file.checkpoints.findIndex((hash, at) => outcome.checkpoints[at] !== hash);
  if (index === undefined && checkpoint < 0) {
    const recorded = `the trace ${file.traceHash}, which is not that of the events in the file`;
    return { index: outcome.events, expected: recorded, got: `the trace ${outcome.traceHash}`, before: [] };
  }
  const from = checkpoint * file.checkpointEvery;
  if (index === undefined || (checkpoint >= 0 && from + file.checkpointEvery <= index)) {
    const range = `an event from ${from} to ${from + file.checkpointEvery - 1}, which the recording does not hold`;
    return { index: Math.max(0, from), expected: range, got: got.get(from) ?? range, before: [] };
  }
  const before = common.filter((each) => each < index).slice(-BEFORE);
  return {
    index,
    expected: expected.get(index) ?? 'the run has ended',
    got: got.get(index) ?? 'the run has ended',
    before: before.map((each) => got.get(each)!),
  };
}

/** Events by their number, from texts such as `#12 t=0.5s …`. */
function byIndex(events: readonly string[]): Map<number, string> {
  return new Map(events.map((text) => [Number.parseInt(text.slice(1), 10), text]));
}
