// Keeps what a run was made of and what was done in it, so that it can be carried out again as a plan. It must not know
// what is done with a plan.

import type { Action, Plan, PlannedDevice, PlannedPreload, UserPlan } from '../models/plan.ts';

export class PlanRecorder {
  readonly devices: PlannedDevice[] = [];
  readonly preloads: PlannedPreload[] = [];
  readonly #done = new Map<UserPlan, Action[]>();

  /** A user has begun an action. */
  began(user: UserPlan, action: Action): void {
    const actions = this.#done.get(user);
    if (actions === undefined) this.#done.set(user, [action]);
    else actions.push(action);
  }

  /** The whole, with the users in their order. */
  planOf(users: readonly UserPlan[], drawn: Pick<Plan, 'faults' | 'fates' | 'draws'>): Plan {
    return {
      devices: this.devices,
      preloads: this.preloads,
      users: users.map((plan) => {
        const { user, device, startUs, stopUs, endUs } = plan;
        return { user, device, startUs, stopUs, endUs, actions: this.#done.get(plan) ?? [] };
      }),
      ...drawn,
    };
  }
}
