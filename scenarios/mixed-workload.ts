// mixed-workload: light, active and power users go through their journeys, each with one ledger and a second device
// that only receives. The figures are the workload page's.

import { z } from 'zod';
import { EDITS_MEAN, journeys, PAUSE_MS_MEAN, type Pool, POOLS, requestsMean, THINK_MS } from '../models/journeys.ts';
import type { Config } from './config-schema.ts';
import { divideUsers, poolSequence, sharesOf } from './pools.ts';
import { type Profile, thinkScaleForEdits } from './profiles/profile.ts';
import type { ScenarioDefinition } from './scenario.ts';

/** The journeys' figures are fixed; pools and think scale are configuration of every scenario. */
const workload = z.strictObject({});

function meanOver(config: Config, of: (pool: Pool) => number): number {
  const share = sharesOf(config.pools);
  return POOLS.reduce((sum, pool) => sum + share[pool] * of(pool), 0);
}

const thinkMsMean = (pool: Pool): number => (THINK_MS[pool][0] + THINK_MS[pool][1]) / 2;

export default {
  name: 'mixed-workload',
  title: 'light, active and power users of an accounting app',
  workload,
  devicesPerUser: 2,

  defaults(profile: Profile) {
    const sizes = divideUsers(profile.users, profile.pools);
    const groups = POOLS.map((pool) => ({
      users: sizes[pool],
      thinkMsMean: thinkMsMean(pool),
      editsPerTurn: EDITS_MEAN[pool],
    }));
    return {
      thinkScale: thinkScaleForEdits(profile, groups),
      thresholds: {
        requests: ['p(95)<2000', 'p(99)<5000'],
        requests_failed: ['rate<0.05'],
        user_journey_success_rate: ['rate>0.90'],
        operation_response_time: ['p(95)<1500'],
      },
    };
  },

  /** Users of a quick pool turn more often, so rates are added, not times. */
  turn(config, roundTripMs) {
    const requests = (pool: Pool): number => requestsMean(pool, config.client.batchSize);
    const turnMs = (pool: Pool): number =>
      thinkMsMean(pool) * config.thinkScale + PAUSE_MS_MEAN[pool] + requests(pool) * roundTripMs;
    const turnsPerMs = meanOver(config, (pool) => 1 / turnMs(pool));
    const requestsPerMs = meanOver(config, (pool) => requests(pool) / turnMs(pool));
    return { requests: requestsPerMs / turnsPerMs, msMean: 1 / turnsPerMs };
  },

  build(world) {
    const { config, simulation } = world;
    const nextPool = poolSequence(config.pools);
    for (let user = 0; user < config.users; user++) {
      const pool = nextPool();
      const ledger = world.ledger(1);
      const device = world.device(ledger);
      world.device(ledger);
      const stream = (purpose: string): ReturnType<typeof world.stream> => world.stream(`user/${user}/${purpose}`);
      world.user(device, () => {
        const streams = { choices: stream('turns'), content: stream('content'), times: stream('think') };
        return journeys(pool, user, streams, config.thinkScale, simulation.epochMs, config.dialect);
      });
    }
  },
} satisfies ScenarioDefinition;
