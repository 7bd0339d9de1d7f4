// What a search asks of a run: one plan in, what came of it out. It must not know how a plan is run.
import type { Finding } from '../../models/finding.ts';
import type { Plan } from '../../models/plan.ts';
import type { Config } from '../config-schema.ts';

/** What a run of a plan left. */
export interface TrialOutcome {
  readonly findings: readonly Finding[];
  readonly traceHash: string;
  /** The trace's hash after each `checkpointEvery` events. */
  readonly checkpoints: readonly string[];
  readonly checkpointEvery: number;
  /** The last events, as text. */
  readonly lastEvents: readonly string[];
  readonly events: number;
  /** Virtual time that passed, integer µs. */
  readonly durationUs: number;
  /** How often each kind of fault fired; one that was to fire and never did stands with 0. */
  readonly faults: Readonly<Record<string, number>>;
  /** How often each rare situation was reached. */
  readonly marks: Readonly<Record<string, number>>;
  /** What the plan names and did not happen: an edit that did nothing, a fault that never fired; in words. */
  readonly unexercised: readonly string[];
  /** What each device shows in the end, by a name such as `device 0`; plain data. */
  readonly views?: Readonly<Record<string, unknown>>;
}

/** Runs a plan, at once and to its end; equal plans give equal outcomes. */
export type Trial = (config: Config, plan: Plan) => TrialOutcome;
