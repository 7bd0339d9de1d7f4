// A user who does things at given times, whether or not what went before has been answered in time. It must not know where
// the times come from.
import type { Device } from '../../models/device.ts';
import { CHART_OF_ACCOUNTS, drawEntity, ENTITY_TYPES, entityName } from '../../models/entities.ts';
import type { Action, Step } from '../../models/plan.ts';
import { nominalUsOf } from '../nominal.ts';
import type { World } from '../world.ts';

/** A push of so many changes, 1 or more, or a pull where it is 0; at a virtual time, µs. */
export interface Timed {
  readonly atUs: number;
  readonly changes: number;
}

/**
 * Adds a user who carries out what is given, in ascending order of time, as far as the run goes. What comes while the
 * user's device still waits for an answer is carried out as soon as that is there.
 */
export function addTimedUser(world: World, user: number, device: Device, timed: Iterator<Timed>): void {
  const endUs = Math.round(world.config.durationMs * 1000);
  const first = timed.next();
  if (first.done === true || first.value.atUs >= endUs) return;
  const actions = (): Iterator<Action> => actionsOf(world, user, first, timed, endUs);
  world.plans.push({ user, device: device.index, startUs: first.value.atUs, stopUs: endUs, endUs, actions });
}

function* actionsOf(
  world: World,
  user: number,
  first: IteratorResult<Timed>,
  timed: Iterator<Timed>,
  endUs: number,
): Generator<Action, void> {
  const isWall = world.config.clock === 'wall';
  const nominalUs = nominalUsOf(world.config);
  const content = world.stream(`user/${user}/content`);
  const { epochMs } = world.simulation;
  let entities = 0;
  let next = first;
  while (next.done !== true && next.value.atUs < endUs) {
    const { atUs, changes } = next.value;
    next = timed.next();
    const steps: Step[] = [];
    for (let i = 0; i < changes; i++) {
      const type = content.pick(ENTITY_TYPES);
      const draft = drawEntity(content, type, entityName(type, user, entities++), CHART_OF_ACCOUNTS, epochMs);
      steps.push({ do: 'edit', draft });
    }
    steps.push({ do: changes === 0 ? 'pull' : 'push' });
    const action = { name: changes === 0 ? 'pull' : 'push', steps, thinkUs: 0 };
    if (!isWall) yield { ...action, atUs };
    else {
      // Under the wall clock an action is due a think time after the one before would have been answered.
      const gapUs = next.done === true ? 0 : next.value.atUs - atUs;
      yield { ...action, thinkUs: Math.max(0, gapUs - nominalUs(action)) };
    }
  }
}
