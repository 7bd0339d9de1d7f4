// A user: carries out the actions of a plan one after another and thinks between them (a closed loop: the think time
// begins when the answer is there). It must not know what the actions are for.

import type { Process, Suspension } from '../sim/process.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { Counter, Rate, Trend } from '../sim/metric-kinds.ts';
import type { Metrics } from '../sim/metrics.ts';
import type { Device } from './device.ts';
import type { Action, UserPlan } from './plan.ts';
import { CAUSE_ACTION, causeOf } from './cause.ts';
import { InputError } from '../sim/errors.ts';

/** Steps of one action get numbers of their own, so that a message's fate hangs on its step alone. */
const STEPS_MAX = 4096;

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
  device(index: number): Device;
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
  const { simulation, measures } = world;
  const device = world.device(plan.device);
  const actions = plan.actions();
  // One callback for all of the user's waits: the ticket of the present wait is asked when the answer comes.
  const done = (isOk: boolean): void => void self.reply(self.ticket, isOk);
  let ordinal = 0;
  if (plan.startUs > simulation.nowUs) yield self.sleep(plan.startUs - simulation.nowUs);
  while (simulation.nowUs < plan.stopUs) {
    const next = actions.next();
    if (next.done === true) break;
    const action: Action = next.value;
    let isWell = true;
    let isCut = false;
    for (let index = 0; index < action.steps.length && !isCut; index++) {
      const step = action.steps[index]!;
      const cause = causeOf(CAUSE_ACTION, device.index, ordinal * STEPS_MAX + (index % STEPS_MAX));
      switch (step.do) {
        case 'edit':
          if (simulation.nowUs >= plan.endUs) {
            isCut = true;
            break;
          }
          (step.device === undefined ? device : world.device(step.device)).edit(step.draft);
          break;
        case 'push-soon':
          (step.device === undefined ? device : world.device(step.device)).client.pushSoon(cause);
          break;
        case 'pause':
          if (!isDelay(step.pauseUs)) refuse(plan, `steps[${index}].pauseUs`, step.pauseUs, 'whole microseconds ≥ 0');
          yield self.sleep(step.pauseUs);
          break;
        case 'push':
        case 'pull': {
          const startUs = simulation.nowUs;
          if (step.do === 'push') {
            measures.writes.add();
            if (device.client.outboxLength >= HEAVY_CHANGES) measures.heavy.add();
          } else {
            measures.reads.add();
          }
          const isOk: boolean = yield self.call(() => {
            if (step.do === 'push') device.client.push(cause, done);
            else device.client.pull(cause, done, step.sinceMs);
          });
          measures.operationTime.recordUs(simulation.nowUs - startUs);
          if (!isOk) isWell = false;
          break;
        }
        default:
          // A person's own scenario need not have been type-checked.
          refuse(plan, `steps[${index}].do`, (step as { do: unknown }).do, 'edit, push, push-soon, pull or pause');
      }
    }
    if (!isCut || !isWell) measures.journeySuccess.add(isWell);
    if (isCut) return;
    ordinal++;
    if (!isDelay(action.thinkUs)) refuse(plan, 'thinkUs', action.thinkUs, 'whole microseconds ≥ 0');
    // Also where it is 0: an action that waits for nothing must not keep the loop from the rest of the world.
    yield self.sleep(action.thinkUs);
  }
}

function isDelay(us: number): boolean {
  return Number.isSafeInteger(us) && us >= 0;
}

function refuse(plan: UserPlan, field: string, received: unknown, expected: string): never {
  throw new InputError(`an action of user ${plan.user}: ${field}`, received, expected, 'ERR_SCENARIO');
}
