// A user: carries out the actions of a plan one after another and thinks between them. In a closed loop the think time
// begins when the answer is there; in an open one the next action is due when it would be after nominal answers, and one
// that is late waits its turn. It must not know what the actions are for.

import type { Process, Suspension } from '../sim/process.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { Counter, Rate, Trend } from '../sim/metric-kinds.ts';
import type { Metrics } from '../sim/metrics.ts';
import type { Device } from './device.ts';
import type { Action, Step, UserPlan } from './plan.ts';
import { stepCause } from './cause.ts';
import { InputError } from '../sim/errors.ts';

/** The measures that belong to what users do. */
export interface UserMeasures {
  /** A user's action in which every request was answered well. */
  readonly journeySuccess: Rate;
  readonly reads: Counter;
  readonly writes: Counter;
  /** Pushes of ten changes or more. */
  readonly heavy: Counter;
  /** From the start of a push or pull until it ends for the user, all its pages and batches together. */
  readonly operationTime: Trend;
}

export function userMeasuresOf(metrics: Metrics): UserMeasures {
  return {
    journeySuccess: metrics.rate('user_journey_success_rate'),
    reads: metrics.counter('read_operations'),
    writes: metrics.counter('write_operations'),
    heavy: metrics.counter('heavy_operations'),
    operationTime: metrics.trend('operation_response_time'),
  };
}

/** A push of so many changes is a heavy operation. */
const HEAVY_CHANGES = 10;

/** What users share. */
export interface UserWorld {
  readonly simulation: Simulation;
  readonly measures: UserMeasures;
  /** The device of an index; undefined where a plan has left it out. */
  device(index: number): Device | undefined;
  /** The device that a user takes for an action: its own, or a copy of it. */
  acting(index: number, ordinal: number): Device | undefined;
  /** In an open loop: how long an action takes where every request is answered in its nominal time, µs. */
  nominalUs?: ((action: Action) => number) | undefined;
  /** What think times are divided by now; left out, 1. */
  load?: (() => number) | undefined;
  /** Told of each action as it is carried out, numbered and with its time. */
  began?: ((plan: UserPlan, action: Action) => void) | undefined;
  /** Told, in words, of what was to be done and did nothing. */
  didNothing?: ((what: string) => void) | undefined;
}

/**
 * Starts a user; its process ends when the plan's time is over and the action under way has ended. An action that comes
 * to an edit at the plan's end or later is left there; it is not judged as a journey, unless a request of it has failed.
 * An action of another form than `Action` ends the run with an InputError.
 */
export function startUser(world: UserWorld, plan: UserPlan): Process {
  return world.simulation.spawn(`user/${plan.user}`, (self) => run(self, world, plan));
}

function* run(self: Process, world: UserWorld, plan: UserPlan): Generator<Suspension, void> {
  const { simulation, nominalUs } = world;
  const actions = plan.actions();
  let ordinal = 0;
  if (plan.startUs > simulation.nowUs) yield self.sleep(plan.startUs - simulation.nowUs);
  let dueUs = simulation.nowUs;
  while (dueUs < plan.stopUs && simulation.nowUs < plan.endUs) {
    const next = actions.next();
    if (next.done === true) break;
    const action: Action = next.value;
    if (action.ordinal !== undefined) ordinal = action.ordinal;
    const atUs = action.atUs ?? 0;
    if (atUs > simulation.nowUs) yield self.sleep(atUs - simulation.nowUs);
    const device = world.acting(plan.device, ordinal);
    if (device === undefined) break;
    const turn: Turn = { plan, action, ordinal, device, isWell: true, isCut: false, dueUs: undefined };
    if (nominalUs !== undefined) turn.dueUs = dueUs;
    if (world.began !== undefined) world.began(plan, numbered(action, ordinal, simulation.nowUs));
    yield* carryOut(self, world, turn);
    if (!turn.isCut || !turn.isWell) world.measures.journeySuccess.add(turn.isWell);
    if (turn.isCut) return;
    ordinal++;
    if (!isDelay(action.thinkUs)) refuse(plan, 'thinkUs', action.thinkUs, 'whole microseconds ≥ 0');
    const thinkUs = world.load === undefined ? action.thinkUs : Math.round(action.thinkUs / world.load());
    dueUs = (nominalUs === undefined ? simulation.nowUs : dueUs + nominalUs(action)) + thinkUs;
    // Also where it is 0: an action that waits for nothing must not keep the loop from the rest of the world.
    yield self.sleep(Math.max(0, dueUs - simulation.nowUs));
  }
}

/** One action under way. */
interface Turn {
  readonly plan: UserPlan;
  readonly action: Action;
  readonly ordinal: number;
  readonly device: Device;
  isWell: boolean;
  /** An edit came too late: the action is left there. */
  isCut: boolean;
  /** In an open loop: when its next request is due as long as none was sent, µs. */
  dueUs: number | undefined;
}

function* carryOut(self: Process, world: UserWorld, turn: Turn): Generator<Suspension, void> {
  const { simulation, measures } = world;
  const { plan, action, ordinal, device } = turn;
  // One callback for all of the user's waits: the ticket of the present wait is asked when the answer comes.
  const done = (isOk: boolean): void => void self.reply(self.ticket, isOk);
  for (let index = 0; index < action.steps.length; index++) {
    const step = action.steps[index]!;
    const cause = stepCause(device.index, ordinal, step.n ?? index);
    // Nobody can use a device that is down or frozen.
    while (!device.isAwake) yield self.wait(device.awake);
    switch (step.do) {
      case 'edit':
        if (simulation.nowUs >= plan.endUs) {
          turn.isCut = true;
          return;
        }
        edit(world, turn, step);
        break;
      case 'push-soon':
        (step.device === undefined ? device : world.device(step.device))?.client.pushSoon(cause);
        break;
      case 'pause':
        if (!isDelay(step.pauseUs)) refuse(plan, `steps[${index}].pauseUs`, step.pauseUs, 'whole microseconds ≥ 0');
        if (turn.dueUs !== undefined) turn.dueUs += step.pauseUs;
        yield self.sleep(step.pauseUs);
        break;
      case 'push':
      case 'pull': {
        const { dueUs } = turn;
        const startUs = dueUs ?? simulation.nowUs;
        // What comes after it waits for its answer, and is due when that is there.
        turn.dueUs = undefined;
        if (step.do === 'push') {
          measures.writes.add();
          if (device.client.outboxLength >= HEAVY_CHANGES) measures.heavy.add();
        } else {
          measures.reads.add();
        }
        const isOk: boolean = yield self.call(() => {
          if (step.do === 'push') device.client.push(cause, done, dueUs);
          else device.client.pull(cause, done, step.sinceMs, dueUs);
        });
        measures.operationTime.recordUs(simulation.nowUs - startUs);
        if (!isOk) turn.isWell = false;
        break;
      }
      default:
        // A person's own scenario need not have been type-checked.
        refuse(plan, `steps[${index}].do`, (step as { do: unknown }).do, 'edit, push, push-soon, pull or pause');
    }
  }
}

/** An edit on the user's device, or on another one that edits at the same instant. */
function edit(world: UserWorld, { plan, device: own, ordinal }: Turn, step: Extract<Step, { do: 'edit' }>): void {
  const device = step.device === undefined ? own : world.device(step.device);
  const change = device?.isAwake === true ? device.edit(step.draft) : -1;
  if (change >= 0 || world.didNothing === undefined) return;
  const kinds = step.draft.edits.map(({ kind }) => kind).join(', ');
  world.didNothing(`edit of user ${plan.user}, action ${ordinal}: ${kinds} of ${step.draft.entity} did nothing`);
}

/** An action with what names it and its steps for good. */
function numbered(action: Action, ordinal: number, atUs: number): Action {
  const steps = action.steps.map((step, n) => (step.n === undefined ? { ...step, n } : step));
  return { ...action, steps, ordinal, atUs };
}

function isDelay(us: number): boolean {
  return Number.isSafeInteger(us) && us >= 0;
}

function refuse(plan: UserPlan, field: string, received: unknown, expected: string): never {
  throw new InputError(`an action of user ${plan.user}: ${field}`, received, expected, 'ERR_SCENARIO');
}
