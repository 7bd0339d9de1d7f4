// Ways to make a plan smaller: which of its parts may go. It must not know when they are tried, nor run anything.
import type { Action, FateRecord, Plan, PlannedDevice, Step } from '../../models/plan.ts';
import { keepActions, keepPreloaded, keepSteps, withoutDevices } from './plan-cuts.ts';
import type { Simplification } from './simplification.ts';

/** Fewer items of one list in a plan. */
function fewer<T extends object>(
  name: string,
  itemsOf: (plan: Plan) => readonly T[],
  keep: (plan: Plan, kept: ReadonlySet<T>) => Plan | undefined,
): Simplification {
  return {
    name,
    cut(plan) {
      return { items: itemsOf(plan), apply: (kept) => keep(plan, kept as ReadonlySet<T>) };
    },
  };
}

/** Lost, come twice, or overtaken by others. */
function isBad([, , , , , copy, delayUs, isReordered]: FateRecord): boolean {
  return delayUs < 0 || copy > 0 || isReordered === 1;
}

function keepDevices(plan: Plan, kept: ReadonlySet<PlannedDevice>): Plan | undefined {
  if (kept.size === 0) return undefined;
  return withoutDevices(plan, new Set(plan.devices.flatMap((device) => (kept.has(device) ? [] : [device.index]))));
}

/** Fewer devices, with all that they do. */
export const FEWER_DEVICES: Simplification = fewer('fewer devices', (plan) => plan.devices, keepDevices);

/** Fewer actions, of all users at once. */
export const FEWER_ACTIONS: Simplification = fewer<Action>(
  'fewer actions',
  (plan) => plan.users.flatMap(({ actions }) => actions),
  keepActions,
);

/** Fewer steps, of all actions at once. */
export const FEWER_STEPS: Simplification = fewer<Step>(
  'fewer steps',
  (plan) => plan.users.flatMap(({ actions }) => actions.flatMap(({ steps }) => steps)),
  keepSteps,
);

export const FEWER_FAULTS: Simplification = fewer(
  'fewer faults',
  (plan) => plan.faults,
  (plan, kept) => ({ ...plan, faults: plan.faults.filter((fault) => kept.has(fault)) }),
);

/** Fewer drafts in what ledgers hold before the run. */
export const FEWER_PRELOADED: Simplification = fewer(
  'fewer entities before the run',
  (plan) => plan.preloads.flatMap(({ drafts }) => drafts),
  keepPreloaded,
);

/** Messages that arrive once and in order, after a delay that is nominal: first those that fared worse. */
export const CALMER_MESSAGES: readonly Simplification[] = [
  fewer<FateRecord>(
    'no lost, doubled and overtaken messages',
    (plan) => plan.fates.filter(isBad),
    (plan, kept) => ({ ...plan, fates: plan.fates.filter((fate) => !isBad(fate) || kept.has(fate)) }),
  ),
  fewer<FateRecord>(
    'nominal delays',
    (plan) => plan.fates,
    (plan, kept) => ({ ...plan, fates: plan.fates.filter((fate) => kept.has(fate)) }),
  ),
  fewer(
    'nominal draws',
    (plan) => plan.draws,
    (plan, kept) => ({ ...plan, draws: plan.draws.filter((draw) => kept.has(draw)) }),
  ),
];
