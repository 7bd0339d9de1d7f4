// sync-relay: each user has one ledger and two devices, of which the second only receives; turns of pushes, pulls and
// full syncs load the relay. The figures are the workload page's.

import { z } from 'zod';
import { CHART_OF_ACCOUNTS, drawEntity, ENTITY_TYPES, entityName } from '../models/entities.ts';
import type { Action, Step } from '../models/plan.ts';
import { type Profile, thinkScaleForEdits } from './profiles/profile.ts';
import { type ScenarioDefinition, sharesOfOne, workloadOf } from './scenario.ts';
import type { World } from './world.ts';

const workload = z.strictObject({
  /** Shares of turns; what is left of 1 is a full sync. */
  pushShare: z.number().min(0).max(1).default(0.4),
  pullShare: z.number().min(0).max(1).default(0.3),
  /** CREATEs in one push. */
  changesMin: z.int().min(1).default(1),
  changesMax: z.int().min(1).default(5),
  /** Think time between turns before it is scaled, uniform. */
  thinkMsMin: z.number().min(0).default(1000),
  thinkMsMax: z.number().min(0).default(5000),
  /** Between push and pull of a full sync. */
  pauseMs: z.number().min(0).default(100),
});
type Workload = z.infer<typeof workload>;

/** The published think times offer a sixth of the target rate; with a tenth of them the profiles meet their bands. */
const THINK_SCALE = 0.1;

const thinkMsMean = (figures: Workload): number => (figures.thinkMsMin + figures.thinkMsMax) / 2;

export default {
  name: 'sync-relay',
  title: 'pushes, pulls and full syncs of many small ledgers',
  workload,
  devicesPerUser: 2,

  rules: (config) => [sharesOfOne(config, 'pushShare', 'pullShare')],

  defaults(profile: Profile) {
    const { p95Ms, p99Ms, errorRateMax, successRateMin } = profile;
    const responses = [`p(95)<${p95Ms}`, ...(p99Ms === undefined ? [] : [`p(99)<${p99Ms}`])];
    const figures = workload.parse({});
    const editsPerTurn = (1 - figures.pullShare) * ((figures.changesMin + figures.changesMax) / 2);
    return {
      thinkScale:
        profile.editsInAll === undefined
          ? THINK_SCALE
          : thinkScaleForEdits(profile, [{ users: profile.users, thinkMsMean: thinkMsMean(figures), editsPerTurn }]),
      ...(profile.band === undefined ? {} : { band: profile.band }),
      thresholds: {
        requests: [`p(95)<${p95Ms}`],
        requests_failed: [`rate<${errorRateMax}`],
        push_success_rate: [`rate>${successRateMin}`],
        pull_success_rate: [`rate>${successRateMin}`],
        push_response_time: responses,
        pull_response_time: responses,
      },
    };
  },

  turn(config, roundTripMs) {
    const figures = workloadOf(config, workload);
    const fullShare = 1 - figures.pushShare - figures.pullShare;
    const requests = 1 + fullShare;
    return {
      requests,
      msMean: thinkMsMean(figures) * config.thinkScale + requests * roundTripMs + fullShare * figures.pauseMs,
    };
  },

  build(world) {
    for (let user = 0; user < world.config.users; user++) {
      const ledger = world.ledger(1);
      const device = world.device(ledger);
      world.device(ledger);
      world.user(device, () => turns(world, user));
    }
  },
} satisfies ScenarioDefinition;

function* turns(world: World, user: number): Generator<Action, never> {
  const { config } = world;
  const figures = workloadOf(config, workload);
  const draw = world.stream(`user/${user}/turns`);
  const content = world.stream(`user/${user}/content`);
  const think = world.stream(`user/${user}/think`);
  const { epochMs } = world.simulation;
  let entities = 0;
  for (;;) {
    const kind = draw.next();
    const isPull = kind >= figures.pushShare && kind < figures.pushShare + figures.pullShare;
    const steps: Step[] = [];
    if (!isPull) {
      const changes = draw.integer(figures.changesMin, figures.changesMax);
      for (let i = 0; i < changes; i++) {
        const type = content.pick(ENTITY_TYPES);
        const name = entityName(type, user, entities++);
        steps.push({ do: 'edit', draft: drawEntity(content, type, name, CHART_OF_ACCOUNTS, epochMs) });
      }
      steps.push({ do: 'push' });
    }
    const isFull = !isPull && kind >= figures.pushShare;
    if (isFull) steps.push({ do: 'pause', pauseUs: Math.round(figures.pauseMs * 1000) });
    if (isPull || isFull) steps.push({ do: 'pull' });
    const thinkMs = think.uniform(figures.thinkMsMin, figures.thinkMsMax) * config.thinkScale;
    const name = isPull ? 'pull' : isFull ? 'full-sync' : 'push';
    yield { name, steps, thinkUs: Math.round(thinkMs * 1000) };
  }
}
