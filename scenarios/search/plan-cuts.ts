// Parts of a plan taken away, so that a valid plan is left whose other parts stay what they were. It must not know why
// they are taken away, nor run anything.
import { isTurn, stepCause } from '../../models/cause.ts';
import type { EntityDraft } from '../../models/entities.ts';
import type { Action, FateRecord, Plan, PlannedUser, Step } from '../../models/plan.ts';

function copied(draft: EntityDraft): EntityDraft {
  return { ...draft, edits: draft.edits.map((edit) => ({ ...edit })) };
}

/**
 * The same plan with every action's ordinal and every step's number written down, so that they stay when others go.
 * Actions, steps, drafts, edits and faults are objects of their own in it: cuts tell them apart by identity.
 */
export function numbered(plan: Plan): Plan {
  return {
    ...plan,
    preloads: plan.preloads.map((preload) => ({ ...preload, drafts: preload.drafts.map(copied) })),
    users: plan.users.map((user) => ({
      ...user,
      actions: user.actions.map((action, index) => ({
        ...action,
        ordinal: action.ordinal ?? index,
        steps: action.steps.map((step, at) => {
          const n = step.n ?? at;
          return step.do === 'edit' ? { ...step, draft: copied(step.draft), n } : { ...step, n };
        }),
      })),
    })),
    faults: plan.faults.map((fault) => ({ ...fault })),
  };
}

/** The list with each item changed or, where undefined comes, left out; the list itself where nothing changed. */
function mapped<T>(list: readonly T[], change: (item: T) => T | undefined): readonly T[] {
  let isSame = true;
  const result: T[] = [];
  for (const item of list) {
    const changed = change(item);
    if (changed !== item) isSame = false;
    if (changed !== undefined) result.push(changed);
  }
  return isSame ? list : result;
}

/** The plan with its users' actions changed; users whose actions all stay are the same objects. */
export function mapActions(plan: Plan, change: (action: Action) => Action | undefined): Plan {
  const users = mapped(plan.users, (user) => {
    const actions = mapped(user.actions, change);
    return actions === user.actions ? user : { ...user, actions };
  });
  return users === plan.users ? plan : { ...plan, users };
}

/** The plan with its steps changed; an action that loses its last step goes too. */
export function mapSteps(plan: Plan, change: (step: Step) => Step | undefined): Plan {
  return mapActions(plan, (action) => {
    const steps = mapped(action.steps, change);
    if (steps === action.steps) return action;
    return steps.length === 0 ? undefined : { ...action, steps };
  });
}

/** The plan with the drafts of its preloads changed; a preload that loses its last draft goes too. */
function mapPreloaded(plan: Plan, change: (draft: EntityDraft) => EntityDraft | undefined): Plan {
  const preloads = mapped(plan.preloads, (preload) => {
    const drafts = mapped(preload.drafts, change);
    if (drafts === preload.drafts) return preload;
    return drafts.length === 0 ? undefined : { ...preload, drafts };
  });
  return preloads === plan.preloads ? plan : { ...plan, preloads };
}

/** The plan with all drafts changed, of preloads and of users; one that is left out takes its step with it. */
export function mapDrafts(plan: Plan, change: (draft: EntityDraft) => EntityDraft | undefined): Plan {
  return mapSteps(mapPreloaded(plan, change), (step) => {
    if (step.do !== 'edit') return step;
    const draft = change(step.draft);
    if (draft === step.draft) return step;
    return draft === undefined ? undefined : { ...step, draft };
  });
}

/** The plan with those drafts of its preloads alone. */
export function keepPreloaded(plan: Plan, kept: ReadonlySet<EntityDraft>): Plan {
  return mapPreloaded(plan, (draft) => (kept.has(draft) ? draft : undefined));
}

/** The plan with those actions alone. */
export function keepActions(plan: Plan, kept: ReadonlySet<Action>): Plan {
  return mapActions(plan, (action) => (kept.has(action) ? action : undefined));
}

/** The plan with those steps alone. */
export function keepSteps(plan: Plan, kept: ReadonlySet<Step>): Plan {
  return mapSteps(plan, (step) => (kept.has(step) ? step : undefined));
}

/** The plan without users that do nothing. */
export function withoutIdleUsers(plan: Plan): Plan {
  const users = mapped(plan.users, (user) => (user.actions.length === 0 ? undefined : user));
  return users === plan.users ? plan : { ...plan, users };
}

/** Causes of the messages that a user's steps send, each with its step. */
function causesOf(user: PlannedUser): Map<number, Step> {
  const causes = new Map<number, Step>();
  for (const [index, action] of user.actions.entries()) {
    for (const [at, step] of action.steps.entries())
      causes.set(stepCause(user.device, action.ordinal ?? index, step.n ?? at), step);
  }
  return causes;
}

/** The plan without what was recorded of messages that steps sent which are no more in it. */
export function withoutDeadRecords(plan: Plan): Plan {
  const causes = new Set<number>();
  for (const user of plan.users) for (const cause of causesOf(user).keys()) causes.add(cause);
  const isLive = (cause: number): boolean => !isTurn(cause) || causes.has(cause);
  const fates = mapped(plan.fates, (fate) => (isLive(fate[2]) ? fate : undefined));
  const draws = mapped(plan.draws, (draw) => (isLive(draw[1]) ? draw : undefined));
  return fates === plan.fates && draws === plan.draws ? plan : { ...plan, fates, draws };
}

/**
 * The plan without some devices, and without their users, faults, steps and recorded messages. A preload whose author
 * goes gets the first device that is left of the ledger as its author; without one it goes too.
 */
export function withoutDevices(plan: Plan, gone: ReadonlySet<number>): Plan {
  const devices = mapped(plan.devices, (device) => (gone.has(device.index) ? undefined : device));
  if (devices === plan.devices) return plan;
  const ledgerOf = new Map(plan.devices.map(({ index, ledger }) => [index, ledger]));
  const preloads = mapped(plan.preloads, (preload) => {
    if (!gone.has(preload.device)) return preload;
    const heir = devices.find(({ ledger }) => ledger === ledgerOf.get(preload.device));
    return heir === undefined ? undefined : { ...preload, device: heir.index };
  });
  const users = mapped(plan.users, (user) => (gone.has(user.device) ? undefined : user));
  const faults = mapped(plan.faults, (fault) => (gone.has(fault.device) ? undefined : fault));
  const fates = mapped(plan.fates, (fate) => (gone.has(fate[0]) ? undefined : fate));
  const draws = mapped(plan.draws, (draw) => (gone.has(draw[2]) ? undefined : draw));
  const cut = { devices, preloads, users, faults, fates, draws };
  return mapSteps(cut, (step) => (isOf(step, gone) ? undefined : step));
}

function isOf(step: Step, devices: ReadonlySet<number>): boolean {
  return 'device' in step && step.device !== undefined && devices.has(step.device);
}

/**
 * The plan without a device whose user makes others edit: what these do becomes actions of their own users, at the times
 * at which the action began, with the fates that their messages had. Undefined where its user makes nobody edit.
 */
export function rehomed(plan: Plan, device: number): Plan | undefined {
  const hosts = plan.users.filter((user) => user.device === device);
  let left = withoutDevices(plan, new Set([device]));
  const causes = new Map<number, number>();
  for (const host of hosts) {
    for (const [index, action] of host.actions.entries()) {
      const stepsOf = new Map<number, Step[]>();
      for (const [at, step] of action.steps.entries()) {
        const other = 'device' in step ? step.device : undefined;
        if (other === undefined || other === device || action.atUs === undefined) continue;
        const steps = stepsOf.get(other) ?? [];
        stepsOf.set(other, [...steps, { ...step, n: step.n ?? at }]);
      }
      for (const [other, steps] of stepsOf) {
        const user = left.users.find((candidate) => candidate.device === other) ?? newUser(left, host, other);
        const ordinal = user.actions.reduce((most, { ordinal: own }, at) => Math.max(most, own ?? at), -1) + 1;
        for (const { n } of steps) {
          causes.set(stepCause(device, action.ordinal ?? index, n!), stepCause(other, ordinal, n!));
        }
        const moved: Action = { ...action, ordinal, steps: steps.map(ofOwnDevice) };
        left = { ...left, users: withAction(left.users, user, moved, host) };
      }
    }
  }
  if (causes.size === 0) return undefined;
  const renamed = (cause: number): number => causes.get(cause) ?? cause;
  return {
    ...left,
    fates: left.fates.map(([at, way, cause, ...rest]): FateRecord => [at, way, renamed(cause), ...rest]),
    draws: left.draws.map(([purpose, cause, ...rest]) => [purpose, renamed(cause), ...rest] as const),
  };
}

/** A user of a device that has none, who acts when the host did. */
function newUser(plan: Plan, host: PlannedUser, device: number): PlannedUser {
  const numbers = new Set(plan.users.map(({ user }) => user));
  let user = host.user;
  while (numbers.has(user)) user++;
  return { ...host, user, device, actions: [] };
}

/** The users with an action put among those of one of them, after those that begin no later. */
function withAction(
  users: readonly PlannedUser[],
  user: PlannedUser,
  action: Action,
  host: PlannedUser,
): PlannedUser[] {
  const at = user.actions.findIndex(({ atUs }) => atUs !== undefined && atUs > action.atUs!);
  const actions = user.actions.toSpliced(at < 0 ? user.actions.length : at, 0, action);
  const changed: PlannedUser = {
    ...user,
    startUs: Math.min(user.startUs, host.startUs),
    stopUs: Math.max(user.stopUs, host.stopUs),
    endUs: Math.max(user.endUs, host.endUs),
    actions,
  };
  return users.includes(user) ? users.map((one) => (one === user ? changed : one)) : [...users, changed];
}

/** The step of another device, as a step of that device's own user. */
function ofOwnDevice(step: Step): Step {
  const own = { ...step };
  if ('device' in own) delete own.device;
  return own;
}
