// The three journeys of an accounting app's users: light ones look in, active ones work, power ones run batches. Steps
// and figures are the workload page's. A journey must not know the user's devices, nor when it is carried out.

import type { Stream } from '../sim/random.ts';
import { CHART_OF_ACCOUNTS, drawEntity, drawUpdate, ENTITY_TYPES, entityName } from './entities.ts';
import type { Action, Step } from './plan.ts';

export type Pool = 'light' | 'active' | 'power';
export const POOLS = ['light', 'active', 'power'] as const satisfies readonly Pool[];

/** Think time between two journeys, milliseconds, uniform; before it is scaled. */
export const THINK_MS: Readonly<Record<Pool, readonly [min: number, max: number]>> = {
  light: [5000, 15_000],
  active: [2000, 8000],
  power: [1000, 4000],
};

/** Chance of a light user to create a transaction, and of an active one to create an invoice. */
const LIGHT_CREATES = 0.6;
const ACTIVE_INVOICES = 0.7;
/** Least and most entities of a push. */
const ACTIVE_TRANSACTIONS = [2, 4] as const;
const POWER_BATCH = [10, 29] as const;
const POWER_UPDATES = [3, 7] as const;
/** Pauses within a journey, milliseconds, uniform. */
const READING_MS = [1000, 3000] as const;
const SHORT_MS = [500, 1500] as const;
const INVOICE_MS = [500, 2000] as const;

/** How far back the first pull of a journey reaches where pulls go by time, milliseconds. */
const FIRST_PULL_MS: Readonly<Record<Pool, number>> = { light: 3_600_000, active: 3_600_000, power: 86_400_000 };

/** Mean edits of a journey. */
export const EDITS_MEAN: Readonly<Record<Pool, number>> = {
  light: LIGHT_CREATES,
  active: mean(ACTIVE_TRANSACTIONS) + ACTIVE_INVOICES,
  power: mean(POWER_BATCH) + mean(POWER_UPDATES),
};

/** Mean pauses within a journey, milliseconds. */
export const PAUSE_MS_MEAN: Readonly<Record<Pool, number>> = {
  light: mean(READING_MS) + LIGHT_CREATES * mean(SHORT_MS),
  active: mean(SHORT_MS) + mean(READING_MS) + ACTIVE_INVOICES * mean(INVOICE_MS),
  power: 2 * mean(SHORT_MS) + mean(READING_MS),
};

/**
 * Mean requests of a journey, each pull one page, for the rate that a pool offers.
 *
 * @param batchSize most changes in one push, ≥ 1: with 10, a batch of 10 entities is one, of 11–20 two, of 21–29 three
 */
export function requestsMean(pool: Pool, batchSize: number): number {
  switch (pool) {
    case 'light':
      return 2 + LIGHT_CREATES;
    case 'active':
      return 2 + meanPushes(ACTIVE_TRANSACTIONS, batchSize) + ACTIVE_INVOICES;
    case 'power':
      return 2 + meanPushes(POWER_BATCH, batchSize) + meanPushes(POWER_UPDATES, batchSize);
  }
}

function mean([min, max]: readonly [number, number]): number {
  return (min + max) / 2;
}

function meanPushes([min, max]: readonly [number, number], batchSize: number): number {
  let sum = 0;
  for (let size = min; size <= max; size++) sum += Math.ceil(size / batchSize);
  return sum / (max - min + 1);
}

/** The streams of one user: which way a journey goes, what is entered, how long it takes. */
export interface JourneyStreams {
  readonly choices: Stream;
  readonly content: Stream;
  readonly times: Stream;
}

/**
 * The journeys of one user, without an end.
 *
 * @param user numbers the user for the names of entities
 * @param epochMs the date that entities carry, milliseconds since 1970
 * @param dialect in 1.0 a journey's first pull is of the last hour, or of the last day; in 1.1 it is from the cursor
 */
export function* journeys(
  pool: Pool,
  user: number,
  streams: JourneyStreams,
  thinkScale: number,
  epochMs: number,
  dialect: '1.0' | '1.1' = '1.1',
): Generator<Action, never> {
  const { choices, content, times } = streams;
  let entities = 0;
  /** The user's own accounts, for updates; those that it has created by then. */
  const accounts: string[] = [];
  const create = (type: (typeof ENTITY_TYPES)[number]): Step => {
    const name = entityName(type, user, entities++);
    if (type === 'account') accounts.push(name);
    return { do: 'edit', draft: drawEntity(content, type, name, CHART_OF_ACCOUNTS, epochMs) };
  };
  const pause = ([min, max]: readonly [number, number]): Step => ({
    do: 'pause',
    pauseUs: Math.round(times.uniform(min, max) * 1000),
  });
  const update = (): Step => {
    if (accounts.length === 0) return create('account');
    const token = `u${user}-${entities++}`;
    return { do: 'edit', draft: drawUpdate(content, 'account', choices.pick(accounts), token) };
  };
  const firstPull: Step = dialect === '1.0' ? { do: 'pull', sinceMs: FIRST_PULL_MS[pool] } : { do: 'pull' };
  for (;;) {
    const steps: Step[] = [firstPull];
    if (pool === 'light') {
      steps.push(pause(READING_MS));
      if (choices.chance(LIGHT_CREATES)) steps.push(create('transaction'), { do: 'push' }, pause(SHORT_MS));
      steps.push({ do: 'pull' });
    } else if (pool === 'active') {
      steps.push(pause(SHORT_MS));
      const transactions = choices.integer(...ACTIVE_TRANSACTIONS);
      for (let i = 0; i < transactions; i++) steps.push(create('transaction'));
      steps.push({ do: 'push' }, pause(READING_MS));
      if (choices.chance(ACTIVE_INVOICES)) steps.push(create('invoice'), { do: 'push' }, pause(INVOICE_MS));
      steps.push({ do: 'pull' });
    } else {
      steps.push(pause(SHORT_MS));
      const batch = choices.integer(...POWER_BATCH);
      for (let i = 0; i < batch; i++) steps.push(create(choices.pick(ENTITY_TYPES)));
      steps.push({ do: 'push' }, pause(READING_MS));
      const updates = choices.integer(...POWER_UPDATES);
      for (let i = 0; i < updates; i++) steps.push(update());
      steps.push({ do: 'push' }, pause(SHORT_MS), { do: 'pull' });
    }
    const [min, max] = THINK_MS[pool];
    yield { name: pool, steps, thinkUs: Math.round(times.uniform(min, max) * thinkScale * 1000) };
  }
}
