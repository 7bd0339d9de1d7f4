// Findings while a run goes on: each is there at the next look, once, and in the end as the result has them.

import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../models/finding.ts';
import type { Complaint } from '../../../models/oracles/protocol.ts';
import { FindingWatch } from '../../../scenarios/watch/finding-watch.ts';
import type { World } from '../../../scenarios/world.ts';

function finding(signature: string, change: Partial<Finding> = {}): Finding {
  const [oracle = ''] = signature.split(':');
  return {
    oracle,
    kind: 'safety',
    signature,
    atUs: 5,
    event: 3,
    devices: [0],
    documents: ['ledger-0'],
    detail: {},
    ...change,
  };
}

function complaint(ledger: number, kind: Complaint['kind'], device: number): Complaint {
  return { kind, ledger, device, atUs: 7, request: 'a pull', expected: 'a page', got: 'nothing', times: 1 };
}

/** A world with two ledgers of two devices, in which an oracle may note something and a relay answer wrongly. */
function fakeWorld(dialect: '1.0' | '1.1' = '1.1') {
  const found = new Map<string, Finding>();
  const complaints: Complaint[] = [];
  const members = (from: number) => [from, from + 1].map((index) => ({ index, id: index }));
  const ledgers = [0, 1].map((index) => ({ index, id: `ledger-${index}`, members: members(index * 2) }));
  const simulation = { nowUs: 100, events: 10 };
  const world = { config: { dialect }, history: { found }, port: { complaints }, ledgers, simulation };
  return { watch: new FindingWatch(world as unknown as World), found, complaints, simulation };
}

const storyOf = ({ signature, atUs }: Finding): string => `${signature} at ${atUs}`;
const storiesOf = (watch: FindingWatch): string[] => watch.told(storyOf).news.map(({ story }) => story);

describe('while a run goes on', () => {
  test('what was noted is there at the next look, with all that is said of it, and once', () => {
    const { watch, found } = fakeWorld();
    watch.look();
    expect(watch.told(storyOf)).toEqual({ news: [], more: 0 });
    found.set('a', finding('cursor:skipped'));
    expect(watch.count).toBe(0);
    watch.look();
    // Looking again costs nothing as long as there is nothing new.
    found.values = () => expect.unreachable('nothing was noted since');
    watch.look();
    found.values = Map.prototype.values.bind(found);
    const shown = {
      atUs: 5,
      oracle: 'cursor',
      kind: 'safety',
      signature: 'cursor:skipped',
      story: 'cursor:skipped at 5',
    };
    expect(watch.told(storyOf)).toEqual({ news: [shown], more: 0 });
    found.set('b', finding('local-effect:set', { devices: [1] }));
    watch.look();
    expect(storiesOf(watch)).toEqual(['cursor:skipped at 5', 'local-effect:set at 5']);
  });

  test('a cursor that is a timestamp is not judged', () => {
    const { watch, found } = fakeWorld('1.0');
    found.set('a', finding('cursor:skipped')).set('b', finding('local-effect:set'));
    watch.look();
    expect(storiesOf(watch)).toEqual(['local-effect:set at 5']);
  });

  test('a wrong answer is a finding of its ledger at once', () => {
    const { watch, complaints } = fakeWorld();
    complaints.push(complaint(1, 'differs', 3));
    watch.look();
    complaints.push(complaint(0, 'differs', 0), complaint(1, 'unreadable', 2));
    watch.look();
    const asked: Finding[] = [];
    watch.told((each) => `${asked.push(each)}`);
    expect(asked.map(({ signature, documents, devices }) => [signature, documents, devices])).toEqual([
      ['protocol:differs', ['ledger-1'], [3]],
      ['protocol:differs', ['ledger-0'], [0]],
      ['protocol:unreadable', ['ledger-1'], [2]],
    ]);
    expect(asked[0]!.detail).toMatchObject({ request: 'a pull', expected: 'a page', got: 'nothing', atUs: 7 });
  });

  test('a world without history and without complaints has nothing', () => {
    const world = { config: { dialect: '1.1' }, history: undefined, port: {}, ledgers: [], simulation: {} };
    const watch = new FindingWatch(world as unknown as World);
    watch.look();
    expect(watch.told(storyOf)).toEqual({ news: [], more: 0 });
  });
});

describe('what is reported by the judgement', () => {
  test('and was there before stands in its old place, as it is reported now', () => {
    const { watch, found, complaints } = fakeWorld();
    found.set('a', finding('cursor:skipped'));
    complaints.push(complaint(0, 'differs', 1));
    watch.look();
    // By then a copy of the device is a member too, and there were more such answers.
    const judged = finding('protocol:differs', { atUs: 900, devices: [1, 65] });
    watch.add([found.get('a')!, judged, finding('convergence:fields', { devices: [0, 1], atUs: 900 })]);
    watch.look();
    expect(storiesOf(watch)).toEqual(['cursor:skipped at 5', 'protocol:differs at 900', 'convergence:fields at 900']);
  });

  test('is told apart by its documents and its devices', () => {
    const { watch } = fakeWorld();
    const one = finding('version-agreement:version', { devices: [0, 1] });
    watch.add([one, { ...one, devices: [0, 2] }, { ...one, documents: ['ledger-1'] }, { ...one }]);
    expect(watch.count).toBe(3);
  });

  test('gives way to the whole list, in its order', () => {
    const { watch } = fakeWorld();
    const [early, late] = [finding('intent:fields'), finding('durability:lost')];
    watch.add([early, finding('idempotence:fields')]);
    watch.told(storyOf);
    watch.set([late, early, early]);
    expect(storiesOf(watch)).toEqual(['durability:lost at 5', 'intent:fields at 5', 'intent:fields at 5']);
  });
});

test('of very many the first 200 are told, each once, and the others are counted', () => {
  const { watch } = fakeWorld();
  let asked = 0;
  const counting = ({ signature }: Finding): string => `${++asked}: ${signature}`;
  const findings = Array.from({ length: 250 }, (_, at) => finding(`cursor:${at}`, { documents: [`ledger-${at}`] }));
  watch.add(findings.slice(0, 120));
  expect(watch.told(counting)).toMatchObject({ more: 0 });
  watch.add(findings.slice(120));
  const { news, more } = watch.told(counting);
  watch.told(counting);
  expect([news.length, more, asked]).toEqual([200, 50, 200]);
  expect(news.map(({ story }) => story)).toEqual(
    findings.slice(0, 200).map((each, at) => `${at + 1}: ${each.signature}`),
  );
});
