// The story of a plan as data: what is told, under which names, and that watching changes nothing.
import { describe, expect, test } from 'vitest';
import type { EntityDraft } from '../../../models/entities.ts';
import type { Plan, Step } from '../../../models/plan.ts';
import { DocumentTape } from '../../../scenarios/search/document-tape.ts';
import { stateAt } from '../../../scenarios/search/state-at.ts';
import { type Happening, RELAY, type StoryEvent } from '../../../scenarios/search/story-event.ts';
import { deviceNames, letterOf, type Storyline, storylineOf } from '../../../scenarios/search/storyline.ts';
import { trialOf } from '../../../scenarios/search/trial.ts';
import { documentsOf, foundBy, specimenFile } from '../../cli/found.ts';

const lww = await documentsOf('lww');
const { file: base } = await foundBy('lww', { oracle: 'durability', relaySpecimen: 'acknowledges-early' });
const config = { ...base.config, relay: { ...base.config.relay, specimen: 'none' }, durationMs: 20_000 };

function draftOf(entity: string, value: string): EntityDraft {
  const edits: EntityDraft['edits'] = [{ kind: 'set', entity, field: 'name', value }];
  return { entityType: 'account', operation: 'UPDATE', entity, edits };
}

const set = (entity: string, value: string): Step => ({ do: 'edit', draft: draftOf(entity, value) });

/** Two devices, 4 and 9: the first edits and pushes at one second. */
function planOf(change: Partial<Plan> = {}): Plan {
  const device = { ledger: 0, skewUs: 0, driftPpm: 0, autoSyncUs: null };
  const user = { startUs: 0, stopUs: 20_000_000, endUs: 20_000_000 };
  const turn = (atUs: number, steps: readonly Step[]) => ({
    name: 'turn',
    steps,
    thinkUs: 0,
    atUs,
  });
  return {
    devices: [
      { ...device, index: 4 },
      { ...device, index: 9 },
    ],
    preloads: [],
    users: [
      { ...user, user: 0, device: 4, actions: [turn(1_000_000, [set('account-1', 'a'), { do: 'push' }])] },
      { ...user, user: 1, device: 9, actions: [turn(5_000_000, [set('account-1', 'b')])] },
    ],
    faults: [],
    fates: [],
    draws: [],
    ...change,
  };
}

function told(story: Storyline, what: Happening['what']): StoryEvent[] {
  return story.events.filter(({ happening }) => happening.what === what);
}

describe('a story', () => {
  test('names devices by letters in order of their indexes, and edits by numbers', () => {
    const story = storylineOf(config, planOf(), lww);
    expect(story.devices.map(({ index, name }) => [index, name])).toEqual([
      [4, 'A'],
      [9, 'B'],
    ]);
    expect(story.changes.map(({ label, device, knew }) => [label, device, knew])).toEqual([
      ['1', 4, []],
      ['2', 9, ['1']],
    ]);
    expect([letterOf(25), letterOf(26), letterOf(701)]).toEqual(['Z', 'AA', 'ZZ']);
    expect([...deviceNames({ devices: [...planOf().devices].reverse() })]).toEqual([
      [4, 'A'],
      [9, 'B'],
    ]);
  });

  test('tells edits, pushes, what the relay makes of them, and pages that bring something; in order', () => {
    const story = storylineOf(config, planOf(), lww);
    const order = story.events.map(({ happening, device }) => `${device} ${happening.what}`);
    expect(order).toEqual([
      '4 edit',
      '4 push',
      `${RELAY} accept`,
      '4 acknowledge',
      '9 page',
      '9 edit',
      `${RELAY} calm`,
      '9 push',
      `${RELAY} accept`,
      '9 acknowledge',
      '4 page',
      `${RELAY} judge`,
    ]);
    expect(told(story, 'page').map(({ knows }) => knows)).toEqual([['1'], ['1', '2']]);
    expect(told(story, 'edit')[1]!.happening).toMatchObject({ before: { 'account-1': { fields: { name: 'a' } } } });
    expect(story.known.get(4)).toEqual(['1', '2']);
    const times = story.events.map(({ atUs }) => atUs);
    expect(times).toEqual([...times].sort((one, other) => one - other));
  });

  test('leaves the run as it is, trace and findings alike', async () => {
    const { file, documents } = await foundBy(specimenFile('prefer-local'), { oracle: 'convergence' });
    const tape = new DocumentTape();
    const plain = trialOf(documents)(file.config, file.plan);
    for (const type of [documents, tape.record(documents)]) {
      const story = storylineOf(file.config, file.plan, type);
      expect(story.traceHash).toBe(plain.traceHash);
      expect(story.findings).toEqual(plain.findings);
    }
    expect(tape.entries.length).toBeGreaterThan(0);
  });

  test('tells a push that is lost, and the second try', () => {
    const [sent] = fatesOf(planOf());
    const lost: Plan['fates'][number] = [sent![0], 0, sent![2], 0, 0, 0, -1, 0];
    const story = storylineOf(config, planOf({ fates: [lost] }), lww);
    const [first, again] = told(story, 'push');
    expect(first!.happening).toMatchObject({ labels: ['1'], fate: 'lost', delayUs: -1, isAgain: false });
    expect(again!.happening).toMatchObject({ labels: ['1'], fate: undefined, isAgain: true });
    expect(told(story, 'accept')[0]!.atUs).toBeGreaterThan(again!.atUs);
  });

  test('tells an answer that is lost, and a retry of what the relay has already', () => {
    const [sent] = fatesOf(planOf());
    const lost: Plan['fates'][number] = [sent![0], 1, sent![2], 0, 0, 0, -1, 0];
    const story = storylineOf(config, planOf({ fates: [lost] }), lww);
    expect(told(story, 'message').map(({ happening }) => happening)).toEqual([
      { what: 'message', of: 'answer', fate: 'lost', delayUs: -1, labels: ['1'] },
    ]);
    expect(told(story, 'accept-again')).toHaveLength(1);
  });

  test('tells messages that are late or come twice', () => {
    const [sent] = fatesOf(planOf());
    const [device, , cause] = sent!;
    const story = storylineOf(
      config,
      planOf({
        fates: [
          [device, 0, cause, 0, 0, 0, 3_000_000, 0],
          [device, 0, cause, 0, 0, 1, 4_000_000, 0],
        ],
      }),
      lww,
    );
    expect(
      told(story, 'push')
        .slice(0, 2)
        .map(({ happening }) => happening),
    ).toMatchObject([
      { labels: ['1'], fate: 'late', delayUs: 3_000_000 },
      { labels: ['1'], fate: 'doubled', delayUs: 4_000_000 },
    ]);
  });

  test('tells faults from beginning to end, and what a device has after a restart', () => {
    const faults: Plan['faults'] = [
      { kind: 'eviction', atUs: 2_000_000, device: 9, lengthUs: 1_000_000, amount: 0, way: 'both' },
      { kind: 'partition', atUs: 7_000_000, device: 4, lengthUs: 2_000_000, amount: 0, way: 'up' },
      { kind: 'server-error', atUs: 8_000_000, device: -1, lengthUs: 30_000_000, amount: 1, way: 'both' },
    ];
    const story = storylineOf(config, planOf({ faults }), lww);
    expect(told(story, 'fault').map(({ device, atUs }) => [device, atUs])).toEqual([
      [9, 2_000_000],
      [4, 7_000_000],
      [RELAY, 8_000_000],
    ]);
    expect(told(story, 'restart')).toMatchObject([
      { device: 9, atUs: 3_000_000, knows: [], happening: { from: 'nothing' } },
    ]);
    const ends = told(story, 'fault-end').map(({ happening, atUs }) => [
      happening.what === 'fault-end' && happening.fault.kind,
      atUs,
    ]);
    expect(ends).toEqual([
      ['eviction', 3_000_000],
      ['partition', 9_000_000],
      ['server-error', 20_000_000],
    ]);
  });

  test('tells clocks that are wrong from the start, edits from before the run, and edits that do nothing', () => {
    const [first, second] = planOf().devices;
    const remove = {
      entityType: 'account',
      operation: 'DELETE',
      entity: 'account-7',
      edits: [{ kind: 'remove', entity: 'account-7' }],
    } as const;
    const [user] = planOf().users;
    const story = storylineOf(
      config,
      planOf({
        devices: [first!, { ...second!, skewUs: -5_000_000 }],
        preloads: [{ device: 4, drafts: [draftOf('account-3', 'x')] }],
        users: [
          {
            ...user!,
            actions: [
              {
                name: 'turn',
                thinkUs: 0,
                atUs: 0,
                steps: [{ do: 'edit', draft: { ...remove, edits: [...remove.edits] } }],
              },
            ],
          },
        ],
      }),
      lww,
    );
    expect(told(story, 'clock')).toMatchObject([{ device: 9, happening: { skewUs: -5_000_000 } }]);
    expect(told(story, 'edit').map(({ happening }) => happening)).toMatchObject([
      { label: '1', isPreload: true },
      { label: '2', isPreload: false, change: -1 },
    ]);
    expect(story.known.get(9)).toEqual(['1']);
    expect(told(story, 'page')).toEqual([]);
  });

  test('tells what is there from the start as no news', () => {
    const preloads = [{ device: 4, drafts: [draftOf('account-3', 'x')] }];
    const story = storylineOf(config, planOf({ preloads }), lww);
    const pages = told(story, 'page').map(({ happening, knows }) => [
      happening.what === 'page' && happening.labels,
      knows,
    ]);
    expect(pages).toEqual([
      [['2'], ['1', '2']],
      [['3'], ['1', '2', '3']],
    ]);
  });

  test('tells what the relay says that it accepts and does not keep', () => {
    const { plan } = base;
    const story = storylineOf(base.config, plan, lww);
    const unkept = told(story, 'accept').flatMap(({ happening }) =>
      happening.what === 'accept' ? happening.unkept : [],
    );
    expect(unkept).toHaveLength(1);
  });
});

/** The fates of a plan's messages, as they are without any recorded one: those of pushes of the first device. */
function fatesOf(plan: Plan): Plan['fates'] {
  let found: Plan['fates'] = [];
  storylineOf(config, plan, lww, {
    beforeJudgement: (world) => {
      found = world.recorded().fates.filter(([device, way]) => device === 4 && way === 0);
    },
  });
  return found;
}

describe('a tape of documents', () => {
  test('holds who made the bytes that a replica was given', () => {
    const tape = new DocumentTape();
    storylineOf(config, planOf(), tape.record(lww));
    const edit = tape.entries.find(({ call }) => call === 'edit' || call === 'editTogether')!;
    const receive = tape.entries.find(({ call, took }) => call === 'receive' && took.length > 0)!;
    expect(receive.took.map((number) => tape.bytes[number]!.madeBy)).toEqual([edit.index]);
    expect(receive.replica).not.toBe(edit.replica);
    expect(edit.clockMs).toEqual([Date.parse(config.epoch) + 1000]);
  });
});

describe('a run that is left at an instant', () => {
  test('shows each device as it is then', () => {
    const plan = planOf();
    const { devices, atUs, isEnd } = stateAt(config, plan, lww, { atUs: 5_500_000 });
    expect([atUs, isEnd]).toEqual([5_500_000, false]);
    expect(devices).toMatchObject([
      { name: 'A', position: 0, logEnd: 1, outbox: [], view: { 'account-1': { fields: { name: 'a' } } } },
      {
        name: 'B',
        position: 1,
        outbox: [{ sequence: 1, atUs: 5_000_000 }],
        view: { 'account-1': { fields: { name: 'b' } } },
      },
    ]);
  });

  test('stops with the event of a number, and at the end before the judgement', () => {
    const plan = planOf({
      faults: [{ kind: 'crash', atUs: 2_000_000, device: 9, lengthUs: 60_000_000, amount: 0, way: 'both' }],
    });
    const at = stateAt(config, plan, lww, { event: 5 });
    // An event has one record, or a few where it calls others.
    expect(at.record).toBeGreaterThanOrEqual(5);
    expect(at.record).toBeLessThan(9);
    expect(at.isEnd).toBe(false);
    expect([at.eventRecord <= 5, at.eventAtUs]).toEqual([true, at.atUs]);
    const later = stateAt(config, plan, lww, { atUs: at.atUs + 1 });
    expect([later.eventRecord, later.eventAtUs]).toEqual([at.eventRecord, at.atUs]);
    const down = stateAt(config, plan, lww, { atUs: 3_000_000 });
    expect(down.devices[1]).toMatchObject({ isRunning: false, view: undefined, pending: undefined });
    expect(stateAt(config, plan, lww, { atUs: 3_600_000_000 })).toMatchObject({ isEnd: true });
  });
});
