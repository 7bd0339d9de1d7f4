// What shrinking does to a plan, as one form for all its ways: parts that may go or become simpler. It must not know any
// of the ways.
import type { Plan } from '../../models/plan.ts';

/** Parts of a plan, each of which may stay as it is or become simpler, or go. */
export interface Cut {
  readonly items: readonly object[];
  /** The plan with only those items as they were; undefined where that would be no plan. */
  apply(kept: ReadonlySet<object>): Plan | undefined;
}

/** A way to make a plan simpler. */
export interface Simplification {
  /** What it does, in words, for people. */
  readonly name: string;
  cut(plan: Plan): Cut;
}
