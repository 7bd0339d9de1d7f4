// What goes into a run and what comes out of it, as data, and what a result's verdict means for the exit code. Text is
// made elsewhere; nothing here runs anything.
import type { DocumentType } from '../models/documents/port.ts';
import type { Finding } from '../models/finding.ts';
import type { MetricResult } from '../sim/metric-kinds.ts';
import type { SideAccess } from '../relay-adapter/wire/access.ts';
import type { ArrivalsOrigin } from './arrivals/arrivals.ts';
import type { ConfigInput } from './config.ts';
import type { Config } from './config-schema.ts';
import type { Pace } from './life.ts';
import type { Band } from './profiles/profile.ts';
import type { ScenarioDefinition } from './scenario.ts';
import type { Recovery } from './metastable.ts';
import type { ThresholdResult } from './thresholds.ts';
import type { PhaseHistogram, Timeline } from './timeline.ts';
import type { RunWatch } from './watch/run-watch.ts';

/** A run to make: a scenario by name or as it is, and the layers of its configuration. */
export interface RunInput extends ConfigInput {
  scenario: string | ScenarioDefinition;
  /** Documents of a person's own, loaded; `config.documents` is their name. Left out, they are found by that name. */
  documents?: DocumentType | undefined;
  /** What it may drive; left out, relays of this machine without headers of one's own. */
  access?: SideAccess | undefined;
}

/** How far a run is. */
export interface Progress {
  /** Virtual time reached, µs. */
  virtualUs: number;
  /** Virtual time at which the run ends unless it drains sooner, µs. */
  endUs: number;
  /** `ramp up`, `hold`, `ramp down`, `drain` … */
  phase: string;
  /** Events dispatched so far. */
  events: number;
}

/** What the caller of a run watches, and what only the caller may know: real time, signals, the host. */
export interface RunHooks {
  onStart?(config: Config): void;
  onProgress?(progress: Progress): void;
  /** Aborted: the run stops soon and its result says interrupted. */
  signal?: AbortSignal;
  /** Lets the caller's event loop turn, so that signals and output get through; awaited every so often. */
  breathe?(): Promise<void>;
  /** Real time in ms; left out, the result's wallMs is 0. */
  clockMs?(): number;
  /** Before anything happens: what a viewer may look at between two slices, and after the run. */
  onWatch?(watch: RunWatch): void;
  /** Asked before each slice under the virtual clock: how far it may go. */
  pace?(): Pace;
  /** Hash of the dependencies' versions, for the result's runtime. */
  lockHash?: string;
}

/** Requests per second: of the workload at nominal latency, of the run, and wanted. */
export interface Offered {
  rate: number;
  achieved: number;
  band: Band | null;
}

/** Under the wall clock: how well the load was made. */
export interface Load {
  /** From when a request was due until it went out, ms. */
  scheduleErrorMs: { p50: number; p99: number; max: number };
  /** Why figures of this run are not to be relied on; empty where they are. */
  reasons: string[];
}

export type Verdict =
  | 'passed'
  | 'safety'
  | 'liveness'
  | 'inconclusive'
  | 'threshold'
  | 'metastable'
  | 'interrupted'
  | 'nondeterministic';

/** What a run leaves. Two results of one seed are equal but for `wallMs` and `runtime`. */
export interface Result {
  schemaVersion: 1;
  tool: { name: string; version: string };
  runtime: { node: string; v8: string; lockHash: string };
  seed: string;
  scenario: string;
  profile: string;
  config: Config;
  clock: Config['clock'];
  side: Config['side'];
  /** Virtual time that passed, ms. */
  durationMs: number;
  /** Real time that passed, ms. */
  wallMs: number;
  events: number;
  traceHash: string;
  protocolHash: string;
  offered: Offered;
  /** Where the requests were recorded, and how many times as many users there were; left out where they were made up. */
  arrivals?: ArrivalsOrigin & { scale: number };
  /** Left out under the virtual clock, which is never late. */
  load?: Load;
  metrics: MetricResult[];
  thresholds: ThresholdResult[];
  findings: Finding[];
  /** How often each kind of fault fired; an enabled one that never fired stands with 0. */
  faults: Record<string, number>;
  /** How often each rare situation was reached. */
  marks: Record<string, number>;
  /** How it went over virtual time. */
  timeline: Timeline;
  /** The distributions behind the trends; none of what was not to be measured. */
  histograms: PhaseHistogram[];
  /** How it went on after its incident; left out where there was none. */
  recovery?: Recovery;
  verdict: Verdict;
}

/** What a run gives back. */
export interface RunOutcome {
  result: Result;
}

/** What two runs of one seed give back; a mismatch holds the first event that differs and the ones before it, as text. */
export interface DeterminismOutcome {
  outcome: RunOutcome;
  mismatch?: { event: number; first: string[]; second: string[] };
}

/** Exit codes where several hold: the first of these wins. */
export const EXIT_PRECEDENCE: readonly number[] = [2, 3, 130, 5, 1, 4, 6, 98, 97, 99, 0];

const EXIT_CODES: Readonly<Record<Verdict, number>> = {
  passed: 0,
  safety: 1,
  nondeterministic: 3,
  liveness: 4,
  inconclusive: 98,
  threshold: 99,
  metastable: 99,
  interrupted: 130,
};

/** The exit code that wins among several; 0 where there is none. */
export function winningExitCode(codes: readonly number[]): number {
  return EXIT_PRECEDENCE.find((code) => codes.includes(code)) ?? 0;
}

/** What happened in a run, as far as its verdict goes. */
export type Facts = Pick<Result, 'findings' | 'thresholds'> & {
  interrupted?: boolean;
  nondeterministic?: boolean;
  load?: Load | undefined;
  recovery?: Recovery | undefined;
};

/** Everything that holds of a run, the winning verdict first; `passed` alone where nothing is wrong. */
export function verdictsOf(facts: Facts): Verdict[] {
  const held: Verdict[] = [];
  if (facts.nondeterministic === true) held.push('nondeterministic');
  if (facts.interrupted === true) held.push('interrupted');
  if (facts.findings.some((finding) => finding.kind === 'safety')) held.push('safety');
  if (facts.findings.some((finding) => finding.kind === 'liveness')) held.push('liveness');
  if ((facts.load?.reasons.length ?? 0) > 0) held.push('inconclusive');
  // What explains the thresholds that are crossed comes first.
  if (facts.recovery?.verdict === 'metastable') held.push('metastable');
  if (facts.thresholds.some((threshold) => !threshold.ok)) held.push('threshold');
  return held.length === 0 ? ['passed'] : held;
}

/** The one verdict of a run: of all that holds, what wins by the exit codes' precedence. */
export function verdictOf(facts: Facts): Verdict {
  return verdictsOf(facts)[0]!;
}

/** The exit code of a run: of its verdict and of all that its result holds, the one that wins. */
export function exitCodeOf(result: Pick<Result, 'findings' | 'thresholds' | 'verdict'>): number {
  return winningExitCode([EXIT_CODES[result.verdict], ...verdictsOf(result).map((verdict) => EXIT_CODES[verdict])]);
}
