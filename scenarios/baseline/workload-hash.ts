// What users do, as one hash: equal for two trees whose relays differ in speed alone. It builds a world and never runs it.

import { hashText } from '../../sim/random.ts';
import { listActions } from '../../models/plan.ts';
import type { RunInput } from '../result.ts';
import { prepare } from '../run.ts';
import { plainData } from '../search/plain-data.ts';
import type { World } from '../world.ts';

/** Actions of each user, and users, that go into the hash. Each user draws by itself, so that a few show the generator. */
const ACTIONS = 5;
const USERS_MAX = 50;

/**
 * Sixteen hexadecimal digits that stand for the workload: who there is, from when to when each user acts, the first
 * actions of the first users with their think times, and what ledgers hold before. What a relay is like, and by what
 * clock and side it is driven, does not go into it.
 *
 * @throws InputError for bad input
 */
export async function workloadHash(input: RunInput): Promise<string> {
  const config = { ...input.config, side: 'model', clock: 'virtual' as const, warmUpMs: 0 };
  const { world } = await prepare({ ...input, config }, { isRecording: true });
  try {
    return hashOf(world);
  } finally {
    world.dispose();
  }
}

function hashOf(world: World): string {
  const workload = {
    devices: world.devices.map((device) => device.ledger.index),
    users: world.plans.length,
    plans: world.plans.slice(0, USERS_MAX).map((plan) => {
      const { user, device, startUs, stopUs, endUs } = plan;
      return { user, device, startUs, stopUs, endUs, actions: listActions(plan, ACTIONS) };
    }),
    preloads: world.recorded().preloads,
  };
  const text = JSON.stringify(plainData(workload));
  return [0x6d2b79f5, 0x1b56c4e9].map((seed) => hashText(text, seed).toString(16).padStart(8, '0')).join('');
}
