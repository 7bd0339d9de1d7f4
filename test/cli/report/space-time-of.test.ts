// What a space-time picture holds: both ends of each message, spans of faults, edits that conflict, views that differ.
import { describe, expect, test } from 'vitest';
import { spaceTimeOf } from '../../../cli/report/space-time-of.ts';
import { storiesOf } from '../../../cli/report/stories.ts';
import type { FindingFile } from '../../../scenarios/search/finding-file.ts';
import { liveThrough } from '../../../scenarios/life.ts';
import { preparedWorld } from '../../../scenarios/run.ts';
import { storylineOf } from '../../../scenarios/search/storyline.ts';
import { pictured } from './pictures.ts';

const all = await pictured();
const conflict = all[0]!;
const { file, documents } = conflict;

/** The conflict's plan with other faults and fates. */
function changed(plan: Partial<FindingFile['plan']>): FindingFile {
  return { ...file, plan: { ...file.plan, ...plan } };
}

describe.each(all)('the picture of $name', ({ picture, file: each, documents: type }) => {
  test('numbers its events in order, and no time goes back', () => {
    expect(picture.events.map(({ order }) => order)).toEqual(picture.events.map((_, at) => at));
    for (const [at, { atUs }] of picture.events.entries()) {
      if (at > 0) expect(atUs).toBeGreaterThanOrEqual(picture.events[at - 1]!.atUs);
    }
    expect(picture.events.at(-1)!.kind).toBe('judge');
  });

  test('has both ends of each message as events, but that a lost one has no arrival', () => {
    expect(picture.messages.length).toBeGreaterThan(3);
    for (const message of picture.messages) {
      const { from, fromUs, to, toUs, sendOrder, receiveOrder, isLost } = message;
      expect(picture.events[sendOrder!]).toMatchObject({ lane: from, atUs: fromUs, kind: 'send' });
      expect(receiveOrder === null).toBe(isLost);
      if (receiveOrder === null) continue;
      expect(picture.events[receiveOrder]).toMatchObject({ lane: to, atUs: toUs });
      expect(receiveOrder).toBeGreaterThan(sendOrder!);
      expect(['accept', 'reject', 'receive', 'acknowledge']).toContain(picture.events[receiveOrder]!.kind);
    }
  });

  test('is made without changing the run', () => {
    const story = storylineOf(each.config, each.plan, type);
    expect(story.traceHash).toBe(each.traceHash);
    expect(spaceTimeOf(each, type)).toEqual(picture);
  });
});

describe('a conflict', () => {
  test('marks the concurrent edits of the finding’s place, and no other', () => {
    const edits = conflict.picture.events.filter(({ kind }) => kind === 'edit');
    expect(edits.filter(({ isConflicting }) => isConflicting).length).toBeGreaterThanOrEqual(2);
    expect(new Set(edits.filter(({ isConflicting }) => isConflicting).map(({ lane }) => lane)).size).toBe(2);
    expect(conflict.picture.events.filter((each) => each.isConflicting && each.kind !== 'edit')).toEqual([]);
  });

  test('ends with what each device shows, the differing part first', () => {
    const { views } = conflict.picture;
    expect(views).toHaveLength(2);
    expect(views.every(({ differs }) => differs)).toBe(true);
    const place = String(file.finding.detail['place']);
    for (const { text } of views) expect(text.startsWith(`${place}: `)).toBe(true);
    expect(views[0]!.text).not.toBe(views[1]!.text);
  });
});

describe('a message', () => {
  test('that is lost has no arrival, and is sent again', () => {
    const story = storylineOf(file.config, file.plan, documents);
    const push = story.transits.find(({ kind }) => kind === 'push')!;
    const fates = recordedFates(file).map((fate) =>
      fate[0] === push.device && fate[1] === 0 && fate[3] === 0 ? ([...fate.slice(0, 6), -1, 0] as never) : fate,
    );
    const { messages } = spaceTimeOf(changed({ fates }), documents);
    const lost = messages.find(({ kind, isLost }) => kind === 'push' && isLost)!;
    expect(lost).toMatchObject({ toUs: null, receiveOrder: null, text: expect.stringContaining(': lost on the way') });
    const again = messages.find(
      ({ kind, isLost, labels }) => kind === 'push' && !isLost && labels[0] === lost.labels[0],
    );
    expect(again!.fromUs).toBeGreaterThan(lost.fromUs);
    expect(again!.text).toContain('again');
  });

  test('that comes twice is there twice', () => {
    const push = recordedFates(file).find(([, way]) => way === 0)!;
    const twice = [...recordedFates(file), [...push.slice(0, 5), 1, push[6] + 5000, 0] as never];
    const { messages, events } = spaceTimeOf(changed({ fates: twice }), documents);
    const copy = messages.find(({ isDoubled }) => isDoubled)!;
    const first = messages.find(
      (each) => !each.isDoubled && each.kind === copy.kind && each.fromUs === copy.fromUs && each.from === copy.from,
    )!;
    expect([copy.isLost, first.isLost]).toEqual([false, false]);
    expect(copy.toUs! - first.toUs!).toBeGreaterThan(0);
    expect(events[copy.receiveOrder!]!.lane).toBe(copy.to);
  });

  test('is cut off by a partition, which is a span', () => {
    const [user, ...others] = file.plan.users;
    const [action, ...further] = user!.actions;
    const pushing = { ...action!, steps: [...action!.steps, { do: 'push-soon' } as const] };
    const atUs = action!.atUs ?? user!.startUs;
    const fault = {
      kind: 'partition',
      atUs,
      device: user!.device,
      lengthUs: 900_000,
      amount: 0,
      way: 'both',
    } as const;
    const users = [{ ...user!, actions: [pushing, ...further] }, ...others];
    const { spans, lanes, events, messages } = spaceTimeOf(changed({ faults: [fault], users }), documents);
    const lane = lanes.findIndex(({ device }) => device === user!.device);
    expect(spans).toEqual([{ lane, fromUs: atUs, toUs: atUs + 900_000, text: 'cut off' }]);
    expect(events.filter(({ kind, lane: at }) => at === lane && (kind === 'fault' || kind === 'restart'))).toHaveLength(
      2,
    );
    const cut = messages.filter(({ kind, isLost }) => kind === 'push' && isLost);
    expect(cut[0]).toMatchObject({ from: lane, text: expect.stringContaining(': cut off on the way') });
  });
});

/** Every fate of a finding's plan, those that it leaves to the nominal ones too. */
function recordedFates({ config, plan }: FindingFile): FindingFile['plan']['fates'] {
  const world = preparedWorld(config, documents, { plan, isRecording: true });
  world.carryOut(plan);
  liveThrough(world);
  return world.recorded().fates;
}

describe('stories of a report', () => {
  test('are of the files of hunts and findings, and leave out what cannot be carried out', async () => {
    const own = { ...file, documents: 'lww', config: { ...file.config, documents: 'lww' } };
    const missing = { ...file, documents: './nowhere.ts' };
    const subjects = [
      { kind: 'finding', name: 'a', file: own },
      { kind: 'finding', name: 'b', file: missing },
      { kind: 'finding', name: 'c', file },
    ] as const;
    const stories = await storiesOf(subjects, process.cwd(), true);
    expect([...stories.keys()]).toEqual([own, file]);
    expect(stories.get(file)).toEqual(conflict.picture);
    // What a file names is not run unless that is asked for.
    expect([...(await storiesOf(subjects, process.cwd(), false)).keys()]).toEqual([own]);
  });
});
