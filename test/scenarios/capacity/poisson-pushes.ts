// A scenario whose users push one change and then think for an exponential time: many of them together are all but a
// Poisson stream, so that what theory says of such a queue is known of it.
import { z } from 'zod';
import { CHART_OF_ACCOUNTS, drawEntity, entityName } from '../../../models/entities.ts';
import type { Action } from '../../../models/plan.ts';
import type { ScenarioDefinition } from '../../../scenarios/scenario.ts';
import type { World } from '../../../scenarios/world.ts';
import { exponentialUs } from '../../../sim/distributions.ts';

const workload = z.strictObject({ thinkMs: z.number().min(1).default(10_000) });

export default {
  name: 'poisson-pushes',
  title: 'pushes at exponential intervals',
  workload,
  turn: (config, roundTripMs) => ({ requests: 1, msMean: config.workload['thinkMs']! + roundTripMs }),
  build(world) {
    for (let user = 0; user < world.config.users; user++) {
      const device = world.device(world.ledger(1));
      world.user(device, () => turns(world, user));
    }
  },
} satisfies ScenarioDefinition;

function* turns(world: World, user: number): Generator<Action, never> {
  const content = world.stream(`user/${user}/content`);
  const think = world.stream(`user/${user}/think`);
  const meanUs = world.config.workload['thinkMs']! * 1000;
  let entities = 0;
  for (;;) {
    const name = entityName('account', user, entities++);
    const draft = drawEntity(content, 'account', name, CHART_OF_ACCOUNTS, world.simulation.epochMs);
    yield { name: 'push', steps: [{ do: 'edit', draft }, { do: 'push' }], thinkUs: exponentialUs(think, meanUs) };
  }
}
