// A story as text: lanes and lists, their width, and what happens over and over.
import { describe, expect, test } from 'vitest';
import { explanationText } from '../../cli/report/explanation.ts';
import { painter } from '../../cli/report/format.ts';
import { stateText } from '../../cli/report/state.ts';
import { storyBlock, type StoryLine, storyLines, storyText } from '../../cli/report/story.ts';
import { editText, happeningText, labelsText, seconds, visible } from '../../cli/report/story-words.ts';
import { FAULT_KIND_NAMES } from '../../models/faults/event.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import { type Storyline, storylineOf } from '../../scenarios/search/storyline.ts';
import { foundBy, specimenFile } from './found.ts';

const plain = painter(false);
const found = await foundBy(specimenFile('prefer-local'), { oracle: 'convergence' });
const { documents } = found;
const [first, second] = found.file.plan.devices;
/** The found one, with an edit that everybody has from the start, and a device that loses its storage. */
const file = {
  ...found.file,
  plan: {
    ...found.file.plan,
    preloads: [
      {
        device: first!.index,
        drafts: [
          {
            entityType: 'account',
            operation: 'CREATE',
            entity: 'account-9',
            edits: [{ kind: 'set', entity: 'account-9', field: 'name', value: 'z' }],
          },
        ],
      },
    ],
    faults: [{ kind: 'eviction', atUs: 100_000, device: second!.index, lengthUs: 200_000, amount: 0, way: 'both' }],
  },
} as const satisfies FindingFile;
const story = storylineOf(file.config, file.plan, documents);

function withDevices(count: number): Storyline {
  const devices = Array.from({ length: count }, (_, index) => ({
    index,
    name: String.fromCharCode(65 + index),
    ledger: 0,
  }));
  return { ...story, devices };
}

function line(lane: number | undefined, text: string, time = '1s'): StoryLine {
  return { time, lane, text, knows: undefined, style: undefined };
}

describe('a story in lanes', () => {
  test('has a column for each device and for the relay, and each event in its own', () => {
    const [head, ...lines] = storyBlock(
      withDevices(2),
      [line(0, 'one'), line(1, 'two'), line(-1, 'three')],
      plain,
      100,
    );
    expect(head).toBe('time    A                     B                     relay');
    expect(lines.map((each) => each.indexOf('●'))).toEqual([0, 22, 44].map((at) => at + 8));
    expect(lines.map((each) => [head!.indexOf('B'), head!.indexOf('relay')].map((at) => each[at]))).toEqual([
      ['│', '│'],
      ['●', '│'],
      ['│', '●'],
    ]);
  });

  test('fits the terminal', () => {
    const long = 'x'.repeat(300);
    for (const columns of [70, 80, 120]) {
      const lines = storyBlock(
        withDevices(2),
        [line(0, long), line(1, long), line(-1, long), line(undefined, long)],
        plain,
        columns,
      );
      for (const each of lines) expect(each.length).toBeLessThanOrEqual(columns);
      expect(lines.at(-2)).toMatch(/x{30,}…$/);
    }
  });

  test('is a list where there are more than four lanes, or little room', () => {
    for (const [devices, columns] of [
      [4, 200],
      [2, 55],
    ] as const) {
      const lines = storyBlock(
        withDevices(devices),
        [line(0, 'one'), line(-1, 'two'), line(undefined, 'three')],
        plain,
        columns,
      );
      expect(lines).toEqual(['1s      A      one', '1s      relay  two', '1s      all    three']);
    }
  });

  test('says what each device has then', () => {
    const text = storyText(file, documents, plain);
    expect(text).toMatch(/edit 1: sets \S+ to .* \(everybody has it from the start\)/);
    expect(text).toMatch(/starts again with nothing stored · knows nothing/);
    expect(text).toMatch(/edit [23]: sets .* · knows 1, [23]\n/);
    expect(text).toMatch(/gets \S+ · knows 1–3/);
    expect(text.split('\n').at(-2)).toContain('judged');
  });

  test('has colours only from the paint', () => {
    expect(storyText(file, documents, plain)).not.toContain('\u001b');
    expect(storyText(file, documents, painter(true))).toContain('\u001b[');
  });
});

test('what happens over and over is told twice, and how long it went on', async () => {
  const silent = await foundBy('lww', { oracle: 'liveness', relaySpecimen: 'fallen-silent' });
  const lines = storyLines(storylineOf(silent.file.config, silent.file.plan, silent.documents));
  const refusals = lines.filter(({ text }) => text.startsWith('refuses'));
  expect(refusals.length).toBeLessThan(10);
  expect(lines.some(({ text }) => /^… and so on, \d+ more lines of the same until \d/.test(text))).toBe(true);
});

describe('words', () => {
  test('for each fault, and its end where it lasts and is no restart', () => {
    for (const kind of FAULT_KIND_NAMES) {
      const fault = { kind, atUs: 0, device: 0, lengthUs: 1, amount: 1, way: 'both' } as const;
      expect(happeningText({ what: 'fault', fault }, String)).toMatch(/^[a-z]/);
    }
    const heal = { kind: 'partition', atUs: 0, device: 0, lengthUs: 1, amount: 0, way: 'both' } as const;
    expect(happeningText({ what: 'fault-end', fault: heal }, String)).toBe('is connected again');
    expect(happeningText({ what: 'fault-end', fault: { ...heal, kind: 'crash' } }, String)).toBeUndefined();
  });

  test('for edits, with what their author saw', () => {
    const before = { a: { fields: { x: 'old' } } };
    expect(editText({ kind: 'set', entity: 'a', field: 'x', value: 'new' }, before)).toBe(
      "sets a/x to 'new' (it was 'old')",
    );
    expect(editText({ kind: 'count', entity: 'a', field: 'n', by: -2 })).toBe('adds -2 to a/n');
  });

  test('say nothing to a terminal', () => {
    expect(visible('a\u001b[31m\n\u202e')).toBe(String.raw`a\u{1b}[31m\n\u{202e}`);
    expect(editText({ kind: 'set', entity: 'a', field: 'x', value: '\u001b]0;x\u0007' })).not.toMatch(/\p{Cc}/u);
  });

  test('for labels and times', () => {
    expect(labelsText(['1', '2', '3', '5', 'S1'])).toBe('1–3, 5, S1');
    expect(labelsText(['1', '2'])).toBe('1, 2');
    expect(labelsText([])).toBe('nothing');
    expect(seconds(3_052_000)).toBe('3.052s');
  });
});

test('a state tells view, outbox, log, clock and life of each device', () => {
  const { faults } = file.plan;
  const [fault] = faults;
  const down = stateText(file, documents, { atUs: fault.atUs }, plain);
  expect(down).toMatch(/is {9}down/);
  const last = stateText(file, documents, { atUs: file.finding.atUs * 2 }, plain);
  expect(last).toContain('the run has ended; this is what is judged');
  expect(last).toMatch(/\(device \d+, life 2\)/);
  expect(last).toMatch(/clock {6}2026-01-01T00:00:\d\d\.\d{3}Z, right/);
  expect(last).toMatch(/outbox {5}empty/);
  expect(last).toMatch(/log {8}has it up to 3 of 3/);
  expect(last).toMatch(/held back {2}0 changes/);
  expect(last.match(/account-9\n {15}name: 'z'/g)).toHaveLength(2);
});

test('a state calls edits and events as the story does', () => {
  const edit = story.events.find(({ happening }) => happening.what === 'edit' && !happening.isPreload)!;
  const text = (until: Parameters<typeof stateText>[2]): string => stateText(file, documents, until, plain);
  const name = story.devices.find(({ index }) => index === edit.device)!.name;
  const label = edit.happening.what === 'edit' ? edit.happening.label : '';
  const at = text({ event: edit.record - 1 });
  expect(at.split('\n')[0]).toMatch(
    new RegExp(`^at \\S+, after event ${edit.record - 1}: ${name} makes edit ${label}: `),
  );
  expect(at).toMatch(new RegExp(`outbox {5}edit ${label} \\(made at `));
  expect(text({ event: 0 }).split('\n')[0]).toMatch(/^at 0s, after event \d+: /);
  const fault = story.events.find(({ happening }) => happening.what === 'fault')!;
  expect(text({ event: fault.record - 1 })).toContain(
    `: ${fault.device === second!.index ? 'B' : 'A'} goes down, and its`,
  );
  const silent = Array.from({ length: story.events.at(-1)!.record }, (_, event) => text({ event }).split('\n')[0]!);
  // What the story does not tell of stays as the trace has it.
  expect(silent.filter((each) => /: t=\d/.test(each)).length).toBeGreaterThan(0);
});

test('edits from before the start are not counted with those of the story', () => {
  const views = {};
  expect(explanationText(file, { views }, plain, documents)).toMatch(
    /What happened \(2 devices, \d edits? after the\s+start/,
  );
  expect(explanationText(found.file, { views }, plain, documents)).not.toContain('after the start');
});
