// Which journey each user goes through: users are dealt to the pools in their order. It must not know the journeys.

import { type Pool, POOLS } from '../models/journeys.ts';
import type { Config } from './config-schema.ts';

/** The shares of the pools, which sum to 1. */
export function sharesOf({ light, active, power }: Config['pools']): Record<Pool, number> {
  const sum = light + active + power;
  return { light: light / sum, active: active / sum, power: power / sum };
}

/**
 * Gives the pool of one user after the other: each goes to the pool that is furthest behind its share, of equal ones to
 * the first. Any number of first users is divided as evenly as can be, and a further user changes nobody's pool.
 */
export function poolSequence(pools: Config['pools']): () => Pool {
  const share = sharesOf(pools);
  const given: Record<Pool, number> = { light: 0, active: 0, power: 0 };
  let users = 0;
  return () => {
    users++;
    const behind = (pool: Pool): number => share[pool] * users - given[pool];
    let next: Pool = 'light';
    for (const pool of POOLS) if (behind(pool) > behind(next) + 1e-9) next = pool;
    given[next]++;
    return next;
  };
}

/** How many of so many users each pool has. */
export function divideUsers(users: number, pools: Config['pools']): Record<Pool, number> {
  const sizes: Record<Pool, number> = { light: 0, active: 0, power: 0 };
  const next = poolSequence(pools);
  for (let user = 0; user < users; user++) sizes[next()]++;
  return sizes;
}
