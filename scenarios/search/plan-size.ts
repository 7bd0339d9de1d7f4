// How large a plan is: what a person sees shrink. It must not know how plans are made smaller.
import { countEdits, type Plan } from '../../models/plan.ts';

/** Counts of a plan's parts. */
export interface PlanSize {
  readonly devices: number;
  /** Edits that users make, one for each draft; preloads are not counted. */
  readonly edits: number;
  readonly faults: number;
  /** Steps of all users' actions, the edits among them. */
  readonly steps: number;
  /** Messages with a recorded fate. */
  readonly fates: number;
}

/** The size of a plan. */
export function sizeOf(plan: Plan): PlanSize {
  let steps = 0;
  for (const { actions } of plan.users) for (const action of actions) steps += action.steps.length;
  return {
    devices: plan.devices.length,
    edits: countEdits(plan),
    faults: plan.faults.length,
    steps,
    fates: plan.fates.length,
  };
}

/** True where any part of one size is larger than that of the other. */
export function isLarger(one: PlanSize, other: PlanSize): boolean {
  return (
    one.devices > other.devices ||
    one.edits > other.edits ||
    one.faults > other.faults ||
    one.steps > other.steps ||
    one.fates > other.fates
  );
}
