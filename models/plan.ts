// What a run does, as data: for each user a list of actions. A big load draws it lazily; the list that the generator
// would give is the same. Actions are drawn from the user's own streams and from nothing that happens in the run, so
// taking away one user leaves all others' as they were. It must not know how actions are carried out.

import type { EntityDraft } from './entities.ts';

/** One step of an action. Steps are carried out one after another. */
export type Step =
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
