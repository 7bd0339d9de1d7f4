// Taking away one user leaves the others' edits and think times as they were: in the plans, and in what is done.
import { describe, expect, test } from 'vitest';
import type { Action } from '../../models/plan.ts';
import { prepare } from '../../scenarios/run.ts';
import { type MadeEdit, runWatched, SCENARIO_NAMES } from './runs.ts';

/** The first actions of each user of a world, drawn in turns as in a run, so that a stream that users share shows. */
async function plansOf(scenario: string, users: number, profile = 'light'): Promise<Action[][]> {
  const { world } = await prepare({ scenario, profile, seed: '1', config: { users } });
  const drawn = world.plans.map((plan) => ({ actions: plan.actions(), list: [] as Action[] }));
  for (let turn = 0; turn < 60; turn++)
    for (const { actions, list } of drawn) list.push(actions.next().value as Action);
  return drawn.map(({ list }) => list);
}

/** An action without what other devices do in it: who joins in may be the user that is gone. */
function ownPart({ name, steps, thinkUs }: Action): unknown {
  return { name, thinkUs, steps: steps.filter((step) => !('device' in step)) };
}

describe.each(SCENARIO_NAMES)('in %s', (scenario) => {
  test.each([
    [40, 39],
    [40, 3],
    [6, 5],
    [4, 3],
    [3, 2],
    [2, 1],
  ])('of %i users the first plans are those of %i', async (users, less) => {
    const many = await plansOf(scenario, users);
    const fewer = await plansOf(scenario, less);
    expect(many).toHaveLength(users);
    expect(fewer).toHaveLength(less);
    for (const [user, actions] of fewer.entries()) {
      expect(actions).toHaveLength(60);
      expect(actions.map(ownPart)).toEqual(many[user]!.map(ownPart));
    }
  });

  test('users differ from each other', async () => {
    const plans = await plansOf(scenario, 10);
    expect(new Set(plans.map((actions) => JSON.stringify(actions))).size).toBe(10);
  });
});

test('in crdt-conflicts those who join in a turn make the same updates without the one that is gone', async () => {
  const many = await plansOf('crdt-conflicts', 20);
  const fewer = await plansOf('crdt-conflicts', 19);
  const joinedBy = ({ steps }: Action): Map<number, unknown> =>
    new Map(steps.flatMap((step) => (step.do === 'edit' && 'device' in step ? [[step.device, step.draft]] : [])));
  let replaced = 0;
  for (const [user, actions] of fewer.entries()) {
    for (const [ordinal, action] of actions.entries()) {
      const before = joinedBy(many[user]![ordinal]!);
      const after = joinedBy(action);
      expect(after.size).toBe(before.size);
      for (const [device, draft] of before) if (device !== 19) expect(after.get(device)).toEqual(draft);
      if (before.has(19)) replaced += 1;
    }
  }
  expect(replaced).toBeGreaterThan(10);
});

describe.each([
  ['sync-relay', 'storm', { thinkScale: 1 }],
  ['mixed-workload', 'storm', { thinkScale: 1 }],
  ['crdt-conflicts', 'storm', { thinkScale: 1 }],
  ['sync-relay', 'light', { durationMs: 60_000, rampUpMs: 0, rampDownMs: 0, network: 'lte' }],
] as const)('in a run of %s %s', (scenario, profile, config) => {
  test('the edits that the others make are the same', async () => {
    const users = profile === 'light' ? 20 : 8;
    const many = await runWatched(scenario, { ...config, users }, { profile });
    const fewer = await runWatched(scenario, { ...config, users: users - 1 }, { profile });
    for (const { device } of fewer.world.plans) {
      const own = (edits: MadeEdit[]): MadeEdit['draft'][] =>
        edits.filter((edit) => edit.device === device && isOwn(device, edit.draft)).map(({ draft }) => draft);
      const before = own(many.edits);
      const after = own(fewer.edits);
      // Answers may come a moment sooner or later, so that a turn more or less fits in before the end.
      const both = Math.min(before.length, after.length);
      expect(both).toBeGreaterThan(3);
      expect(after.slice(0, both)).toEqual(before.slice(0, both));
      expect(Math.max(before.length, after.length) - both).toBeLessThan(30);
    }
  });
});

/** Whether an edit belongs to a turn of the device's own user: in crdt-conflicts others take it into theirs. */
function isOwn(user: number, { operation, edits }: MadeEdit['draft']): boolean {
  if (operation === 'CREATE') return true;
  return edits.some((edit) => edit.kind === 'set' && String(edit.value).startsWith(`u${user}-`));
}
