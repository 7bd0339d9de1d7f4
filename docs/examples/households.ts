// A scenario of one's own: households of two, who both keep the same books. Run it with
//   npx squall run docs/examples/households.ts --users 40 --seed 7
import { CHART_OF_ACCOUNTS, defineScenario, drawEntity, drawUpdate, entityName, workloadOf, z } from 'squall';
import type { Action, World } from 'squall';

const workload = z.strictObject({
  /** Share of turns in which the one account that both have is renamed; in the others a payment is entered. */
  renameShare: z.number().min(0).max(1).default(0.3),
  thinkMsMin: z.number().min(0).default(500),
  thinkMsMax: z.number().min(0).default(3000),
});

export default defineScenario({
  name: 'households',
  title: 'two people, one ledger, edits that meet',
  workload,

  defaults: (profile) => ({
    thresholds: {
      requests: [`p(95)<${profile.p95Ms}`],
      sync_latency: ['p(99)<2000'],
    },
  }),

  /** Two requests a turn: what the rate that is offered follows from. */
  turn(config, roundTripMs) {
    const { thinkMsMin, thinkMsMax } = workloadOf(config, workload);
    return { requests: 2, msMean: ((thinkMsMin + thinkMsMax) / 2) * config.thinkScale + 2 * roundTripMs };
  },

  build(world) {
    for (let user = 0; user < world.config.users; user += 2) {
      const ledger = world.ledger(2);
      const devices = [world.device(ledger), world.device(ledger)];
      const account = entityName('account', user, 0);
      const content = world.stream(`household/${user}/account`);
      world.preload(devices[0]!, [
        drawEntity(content, 'account', account, CHART_OF_ACCOUNTS, world.simulation.epochMs),
      ]);
      devices.forEach((device, member) => world.user(device, () => turns(world, user + member, account)));
    }
  },
});

/** What one person does: pull, edit, push, think; drawn from streams that nobody else draws from. */
function* turns(world: World, user: number, account: string): Generator<Action, never> {
  const { renameShare, thinkMsMin, thinkMsMax } = workloadOf(world.config, workload);
  const choices = world.stream(`user/${user}/choices`);
  const content = world.stream(`user/${user}/content`);
  const think = world.stream(`user/${user}/think`);
  for (let turn = 1; ; turn++) {
    const payment = entityName('transaction', user, turn);
    const draft = choices.chance(renameShare)
      ? drawUpdate(content, 'account', account, `u${user}-${turn}`)
      : drawEntity(content, 'transaction', payment, CHART_OF_ACCOUNTS, world.simulation.epochMs);
    const thinkMs = think.uniform(thinkMsMin, thinkMsMax) * world.config.thinkScale;
    yield {
      name: draft.operation === 'UPDATE' ? 'rename' : 'pay',
      steps: [{ do: 'pull' }, { do: 'edit', draft }, { do: 'push' }],
      thinkUs: Math.round(thinkMs * 1000),
    };
  }
}
