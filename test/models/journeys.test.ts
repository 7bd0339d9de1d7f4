// The three journeys against the figures of the workload: shares within four standard errors, ranges exactly.

import { describe, expect, test } from 'vitest';
import {
  EDITS_MEAN,
  journeys,
  PAUSE_MS_MEAN,
  type Pool,
  POOLS,
  requestsMean,
  THINK_MS,
} from '../../models/journeys.ts';
import { type Action, listActions, type Step } from '../../models/plan.ts';
import { Streams } from '../../sim/random.ts';

const COUNT = 4000;
const EPOCH_MS = 1_767_225_600_000;

function draw(pool: Pool, count = COUNT, thinkScale = 1, user = 0, seed = 'journeys'): Action[] {
  const streams = new Streams(seed);
  const own = {
    choices: streams.stream(`user/${user}/turns`),
    content: streams.stream(`user/${user}/content`),
    times: streams.stream(`user/${user}/think`),
  };
  const actions = (): Iterator<Action> => journeys(pool, user, own, thinkScale, EPOCH_MS);
  return listActions({ user, device: 0, startUs: 0, stopUs: 1, endUs: 1, actions }, count);
}

/** A journey as text, edits of one kind in a row as one: `pull pause 3×transaction push`. */
function shape({ steps }: Action): string {
  const words: string[] = [];
  let count = 0;
  steps.forEach((step, index) => {
    const word = wordOf(step);
    count++;
    const next = steps[index + 1];
    if (next !== undefined && step.do === 'edit' && wordOf(next) === word) return;
    words.push(step.do === 'edit' ? `${count}×${word}` : word);
    count = 0;
  });
  return words.join(' ');
}
const wordOf = (step: Step): string =>
  step.do === 'edit' ? `${step.draft.operation === 'CREATE' ? '' : 'update-'}${step.draft.entityType}` : step.do;

const pausesMs = ({ steps }: Action): number[] =>
  steps.flatMap((step) => (step.do === 'pause' ? [step.pauseUs / 1000] : []));
const edits = ({ steps }: Action): Extract<Step, { do: 'edit' }>[] => steps.filter((step) => step.do === 'edit');

/** Expects values to fill a range evenly: within it, each tenth of it with its share within four standard errors. */
function expectUniform(values: readonly number[], min: number, max: number): void {
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const value of values) {
    expect(value).toBeGreaterThanOrEqual(min);
    expect(value).toBeLessThanOrEqual(max);
    tenths[Math.min(9, Math.floor(((value - min) / (max - min)) * 10))]!++;
  }
  const error = 4 * Math.sqrt(0.09 / values.length);
  for (const tenth of tenths) expect(Math.abs(tenth / values.length - 0.1)).toBeLessThan(error);
}

/** Expects each whole number of a range to be as frequent as the others, within four standard errors. */
function expectUniformIntegers(values: readonly number[], min: number, max: number): void {
  const size = max - min + 1;
  const error = 4 * Math.sqrt((1 / size) * (1 - 1 / size) * (1 / values.length));
  for (let each = min; each <= max; each++) {
    const share = values.filter((value) => value === each).length / values.length;
    expect(Math.abs(share - 1 / size)).toBeLessThan(error);
  }
  expect(values.every((value) => value >= min && value <= max)).toBe(true);
}

function expectShare(times: number, of: number, share: number): void {
  expect(Math.abs(times / of - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / of));
}

describe('a light user', () => {
  const actions = draw('light');
  const creating = actions.filter((action) => edits(action).length > 0);

  test('looks in, and with 60% creates one transaction and pushes it', () => {
    const shapes = new Set(actions.map(shape));
    expect(shapes).toEqual(new Set(['pull pause pull', 'pull pause 1×transaction push pause pull']));
    expectShare(creating.length, COUNT, 0.6);
  });

  test('reads for 1–3 s, and rests 0.5–1.5 s after a push', () => {
    expectUniform(
      actions.map((action) => pausesMs(action)[0]!),
      1000,
      3000,
    );
    expectUniform(
      creating.map((action) => pausesMs(action)[1]!),
      500,
      1500,
    );
  });
});

describe('an active user', () => {
  const actions = draw('active');
  const invoicing = actions.filter((action) => edits(action).some(({ draft }) => draft.entityType === 'invoice'));

  test('pushes 2–4 transactions, and with 70% one invoice', () => {
    for (const action of actions) {
      expect(shape(action)).toMatch(/^pull pause [234]×transaction push pause (1×invoice push pause )?pull$/);
    }
    expectUniformIntegers(
      actions.map((action) => edits(action).filter(({ draft }) => draft.entityType === 'transaction').length),
      2,
      4,
    );
    expectShare(invoicing.length, COUNT, 0.7);
  });

  test('rests 0.5–1.5 s, 1–3 s, and 0.5–2 s after an invoice', () => {
    expectUniform(
      actions.map((action) => pausesMs(action)[0]!),
      500,
      1500,
    );
    expectUniform(
      actions.map((action) => pausesMs(action)[1]!),
      1000,
      3000,
    );
    expectUniform(
      invoicing.map((action) => pausesMs(action)[2]!),
      500,
      2000,
    );
  });
});

describe('a power user', () => {
  const actions = draw('power');
  /** Edits before the first push and between the two pushes. */
  const batches = actions.map(({ steps }) => {
    const first = steps.findIndex((step) => step.do === 'push');
    const second = steps.findLastIndex((step) => step.do === 'push');
    const editsOf = (part: readonly Step[]) => part.filter((step) => step.do === 'edit').map(({ draft }) => draft);
    return { entities: editsOf(steps.slice(0, first)), updates: editsOf(steps.slice(first, second)) };
  });

  test('pulls, pushes a batch, pushes updates, and pulls', () => {
    const others = actions.map(({ steps }) => steps.filter(({ do: what }) => what !== 'edit').map((step) => step.do));
    for (const each of others) expect(each).toEqual(['pull', 'pause', 'push', 'pause', 'push', 'pause', 'pull']);
  });

  test('has batches of 10–29 new entities, each size as likely, of the three types', () => {
    expectUniformIntegers(
      batches.map(({ entities }) => entities.length),
      10,
      29,
    );
    const all = batches.flatMap(({ entities }) => entities);
    expect(all.every(({ operation }) => operation === 'CREATE')).toBe(true);
    for (const type of ['transaction', 'account', 'invoice']) {
      expectShare(all.filter(({ entityType }) => entityType === type).length, all.length, 1 / 3);
    }
  });

  test('updates 3–7 times accounts that it has made before, or makes one where there is none', () => {
    expectUniformIntegers(
      batches.map(({ updates }) => updates.length),
      3,
      7,
    );
    const made = new Set<string>();
    let updated = 0;
    for (const { entities, updates } of batches) {
      for (const { entityType, entity } of entities) if (entityType === 'account') made.add(entity);
      for (const { entityType, entity, operation } of updates) {
        expect(entityType).toBe('account');
        if (operation === 'CREATE') {
          expect(made.size).toBe(0);
          made.add(entity);
        } else {
          expect(made.has(entity)).toBe(true);
          updated++;
        }
      }
    }
    expect(updated).toBeGreaterThan(4 * COUNT);
    const targets = batches.flatMap(({ updates }) => updates.filter(({ operation }) => operation === 'UPDATE'));
    expect(new Set(targets.map(({ entity }) => entity)).size).toBeGreaterThan(updated / 4);
  });

  test('rests 0.5–1.5 s, 1–3 s, 0.5–1.5 s', () => {
    for (const [at, min, max] of [
      [0, 500, 1500],
      [1, 1000, 3000],
      [2, 500, 1500],
    ] as const) {
      expectUniform(
        actions.map((action) => pausesMs(action)[at]!),
        min,
        max,
      );
    }
  });
});

describe.each([...POOLS])('every %s user', (pool) => {
  test('thinks as long as the pool does, times the scale', () => {
    const [min, max] = { light: [5000, 15_000], active: [2000, 8000], power: [1000, 4000] }[pool] as [number, number];
    expect(THINK_MS[pool]).toEqual([min, max]);
    expectUniform(
      draw(pool).map(({ thinkUs }) => thinkUs / 1000),
      min,
      max,
    );
    const scaled = draw(pool, 200, 0.1);
    const unscaled = draw(pool, 200);
    scaled.forEach(({ thinkUs, steps }, index) => {
      expect(Math.abs(thinkUs - unscaled[index]!.thinkUs * 0.1)).toBeLessThanOrEqual(1);
      // Pauses within a journey are the journey's, not thinking.
      expect(steps).toEqual(unscaled[index]!.steps);
    });
  });

  test('has the name of its pool', () => {
    expect(new Set(draw(pool, 50).map(({ name }) => name))).toEqual(new Set([pool]));
  });

  test('creates entities of names that are its own: none twice, and none of another user', () => {
    const namesOf = (user: number): string[] =>
      draw(pool, 1000, 1, user).flatMap((action) =>
        edits(action).flatMap(({ draft }) => (draft.operation === 'CREATE' ? [draft.entity] : [])),
      );
    const [mine, yours] = [namesOf(7), namesOf(8)];
    expect(mine.length).toBeGreaterThan(300);
    expect(new Set([...mine, ...yours]).size).toBe(mine.length + yours.length);
  });

  test('makes updates whose values are found in no other: each begins with a token of its own', () => {
    const tokens = draw(pool, 500, 1, 3).flatMap((action) =>
      edits(action).flatMap(({ draft: { operation, edits: made } }) => {
        const [each] = made;
        return operation === 'UPDATE' && each?.kind === 'set' ? [String(each.value).split(' ')[0]!] : [];
      }),
    );
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  test.each([1, 2, 10, 50])('makes the requests, edits and pauses told beforehand, in batches of %d', (batchSize) => {
    const actions = draw(pool);
    let requests = 0;
    let made = 0;
    let pauseMs = 0;
    for (const action of actions) {
      let outbox = 0;
      for (const step of action.steps) {
        if (step.do === 'edit') outbox++;
        else if (step.do === 'pull') requests++;
        else if (step.do === 'push') made += outbox;
        if (step.do !== 'push') continue;
        requests += Math.ceil(outbox / batchSize);
        outbox = 0;
      }
      pauseMs += pausesMs(action).reduce((sum, each) => sum + each, 0);
    }
    expect(Math.abs(requests / COUNT / requestsMean(pool, batchSize) - 1)).toBeLessThan(0.03);
    expect(Math.abs(made / COUNT / EDITS_MEAN[pool] - 1)).toBeLessThan(0.03);
    expect(Math.abs(pauseMs / COUNT / PAUSE_MS_MEAN[pool] - 1)).toBeLessThan(0.03);
  });

  test('does the same for the same seed, whatever the scale, and other things for another', () => {
    expect(draw(pool, 30)).toEqual(draw(pool, 30));
    expect(draw(pool, 30, 1, 0, 'another')).not.toEqual(draw(pool, 30));
  });
});
