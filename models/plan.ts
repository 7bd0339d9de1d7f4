// What a run does, as data: for each user a list of actions. A big load draws it lazily; the list that the generator
// would give is the same. Actions are drawn from the user's own streams and from nothing that happens in the run, so
// taking away one user leaves all others' as they were. It must not know how actions are carried out.

import type { DrawRecord } from './draws.ts';
import type { EntityDraft } from './entities.ts';
import type { FaultEvent } from './faults/event.ts';

/**
 * One step of an action. Steps are carried out one after another. `n` numbers a step within its action as it was first
 * drawn, so that its messages keep their fates where other steps are taken away; left out, it is the step's index.
 */
export type Step = StepKind & { readonly n?: number };

type StepKind =
  /** A device edits; without `device` the user's own. */
  | { readonly do: 'edit'; readonly draft: EntityDraft; readonly device?: number }
  /** The user's device pushes its outbox, and the user waits for the answer. */
  | { readonly do: 'push' }
  /** A device pushes when it can; nobody waits. */
  | { readonly do: 'push-soon'; readonly device?: number }
  /**
   * The user's device pulls from where it has come to. `sinceMs` is for dialect 1.0 alone, where pages are asked for by
   * time: the pull begins so far back from what the device's clock shows, milliseconds > 0.
   */
  | { readonly do: 'pull'; readonly sinceMs?: number }
  | { readonly do: 'pause'; readonly pauseUs: number };

/** One turn of a user. */
export interface Action {
  /** What it is, such as `full-sync` or `power`. */
  readonly name: string;
  readonly steps: readonly Step[];
  /** How long the user thinks after the action has ended, integer microseconds. */
  readonly thinkUs: number;
  /** Numbers the user's actions as they were first drawn; left out, it is the action's index. */
  readonly ordinal?: number;
  /** Virtual time before which it does not begin, integer microseconds; in a recorded plan the time at which it began. */
  readonly atUs?: number;
}

/** What one user does, from when to when. */
export interface UserPlan {
  readonly user: number;
  /** Index of the user's own device. */
  readonly device: number;
  /** Virtual time of the first action, and the time from which on no new one begins; integer microseconds. */
  readonly startUs: number;
  readonly stopUs: number;
  /** Virtual time from which on no edit is made any more, not before `stopUs`; integer microseconds. */
  readonly endUs: number;
  /** The actions in their order, without an end of their own or with one. */
  actions(): Iterator<Action>;
}

/** The first `count` actions of a user as a list. */
export function listActions(plan: UserPlan, count: number): Action[] {
  const list: Action[] = [];
  const actions = plan.actions();
  while (list.length < count) {
    const next = actions.next();
    if (next.done === true) break;
    list.push(next.value);
  }
  return list;
}

/** A device of a plan. */
export interface PlannedDevice {
  /** Names the device for good: its links, streams and draws hang on it. */
  readonly index: number;
  /** Index of its ledger. */
  readonly ledger: number;
  readonly skewUs: number;
  readonly driftPpm: number;
  /** Virtual time of its first own sync, integer microseconds; null where it has none before the drain. */
  readonly autoSyncUs: number | null;
}

/** A user of a plan, with the actions that it began. */
export interface PlannedUser {
  readonly user: number;
  readonly device: number;
  readonly startUs: number;
  readonly stopUs: number;
  readonly endUs: number;
  readonly actions: readonly Action[];
}

/** What a ledger holds before the run. */
export interface PlannedPreload {
  /** The device that is its author, by index. */
  readonly device: number;
  readonly drafts: readonly EntityDraft[];
}

/** What became of one copy of a message; µs of delay, −1 where it was lost. */
export type FateRecord = readonly [
  device: number,
  /** 0 from the device to the relay, 1 back. */
  way: 0 | 1,
  cause: number,
  attempt: number,
  page: number,
  copy: number,
  delayUs: number,
  isReordered: 0 | 1,
];

/**
 * A whole run as data. Every part may be taken away, and what is left is a valid plan: a message without a fate arrives
 * after the nominal latency, a draw that is missing is nominal.
 */
export interface Plan {
  readonly devices: readonly PlannedDevice[];
  readonly preloads: readonly PlannedPreload[];
  readonly users: readonly PlannedUser[];
  readonly faults: readonly FaultEvent[];
  readonly fates: readonly FateRecord[];
  readonly draws: readonly DrawRecord[];
}

/** Edits of a plan that users make, one for each draft; preloads are not counted. */
export function countEdits(plan: Plan): number {
  let edits = 0;
  for (const { actions } of plan.users) {
    for (const { steps } of actions) for (const step of steps) if (step.do === 'edit') edits++;
  }
  return edits;
}
