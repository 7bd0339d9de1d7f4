// Plans: the list of a user's actions is what the generator gives, and is drawn from the user's own streams alone.

import { describe, expect, test } from 'vitest';
import { journeys } from '../../models/journeys.ts';
import { type Action, listActions, type UserPlan } from '../../models/plan.ts';
import { Streams } from '../../sim/random.ts';
import { prepare } from '../../scenarios/run.ts';

const act = (name: string): Action => ({ name, steps: [{ do: 'pull' }], thinkUs: 1 });
const planOf = (actions: () => Iterator<Action>): UserPlan => ({
  user: 0,
  device: 0,
  startUs: 0,
  stopUs: 1,
  endUs: 1,
  actions,
});

describe('a list of actions', () => {
  test('is the first of what the generator gives, and no more is drawn', () => {
    let drawn = 0;
    const plan = planOf(function* () {
      for (;;) yield act(`action ${drawn++}`);
    });
    expect(listActions(plan, 3).map(({ name }) => name)).toEqual(['action 0', 'action 1', 'action 2']);
    expect(drawn).toBe(3);
    expect(listActions(plan, 0)).toEqual([]);
  });

  test('ends where the plan does', () => {
    const plan = planOf(() => [act('a'), act('b')][Symbol.iterator]());
    expect(listActions(plan, 9).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('equals what is drawn lazily, one by one, among the draws of others', () => {
    const of = (streams: Streams, user: number): Iterator<Action> =>
      journeys(
        'active',
        user,
        {
          choices: streams.stream(`user/${user}/turns`),
          content: streams.stream(`user/${user}/content`),
          times: streams.stream(`user/${user}/think`),
        },
        1,
        0,
      );
    const alone = new Streams('plan');
    const list = listActions(
      planOf(() => of(alone, 3)),
      40,
    );
    const shared = new Streams('plan');
    const users = [0, 1, 2, 3, 4].map((user) => of(shared, user));
    const lazily: Action[] = [];
    for (let turn = 0; turn < 40; turn++) {
      for (const [user, actions] of users.entries()) {
        const { value } = actions.next();
        if (user === 3) lazily.push(value as Action);
      }
    }
    expect(lazily).toEqual(list);
  });
});

describe.each(['sync-relay', 'crdt-conflicts', 'mixed-workload'])('the plans of %s', (scenario) => {
  const plansOf = async (users: number, seed = 'plans'): Promise<readonly UserPlan[]> =>
    (await prepare({ scenario, profile: 'storm', seed, config: { users } })).world.plans;

  test('are the same for the same seed, and others for another', async () => {
    const [first, second, other] = await Promise.all([plansOf(5), plansOf(5), plansOf(5, 'another')]);
    for (let user = 0; user < 5; user++) {
      const list = listActions(first[user]!, 10);
      expect(listActions(second[user]!, 10)).toEqual(list);
      expect(listActions(other[user]!, 10)).not.toEqual(list);
    }
  });

  test('of a user do not depend on whether those of others are drawn', async () => {
    const [all, one] = await Promise.all([plansOf(5), plansOf(5)]);
    const lists = all.map((plan) => listActions(plan, 10));
    expect(listActions(one[3]!, 10)).toEqual(lists[3]);
  });

  test('of two users are not alike', async () => {
    const plans = await plansOf(2);
    expect(listActions(plans[0]!, 10)).not.toEqual(listActions(plans[1]!, 10));
  });

  test('give think times and pauses in whole microseconds, and only drafts that do something', async () => {
    for (const plan of await plansOf(5)) {
      expect([plan.startUs, plan.stopUs].every(Number.isSafeInteger)).toBe(true);
      expect(plan.startUs).toBeLessThan(plan.stopUs);
      for (const { name, steps, thinkUs } of listActions(plan, 50)) {
        expect(name).not.toBe('');
        expect(Number.isSafeInteger(thinkUs) && thinkUs >= 0).toBe(true);
        expect(steps.length).toBeGreaterThan(0);
        for (const step of steps) {
          if (step.do === 'pause') expect(Number.isSafeInteger(step.pauseUs) && step.pauseUs >= 0).toBe(true);
          if (step.do === 'edit') expect(step.draft.edits.length).toBeGreaterThan(0);
        }
      }
    }
  });
});

test('taking away the last user leaves the plans of the others as they were', async () => {
  for (const scenario of ['sync-relay', 'mixed-workload']) {
    const plansOf = async (users: number): Promise<readonly UserPlan[]> =>
      (await prepare({ scenario, profile: 'storm', seed: 'fewer', config: { users } })).world.plans;
    const [all, fewer] = await Promise.all([plansOf(6), plansOf(5)]);
    for (let user = 0; user < 5; user++) {
      expect(listActions(fewer[user]!, 20)).toEqual(listActions(all[user]!, 20));
    }
  }
});
