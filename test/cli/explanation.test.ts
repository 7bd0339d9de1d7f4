// A finding explained: demand, difference, parting and story, for each oracle; nothing that a terminal would obey.
import { describe, expect, test } from 'vitest';
import { explanationText } from '../../cli/report/explanation.ts';
import { painter } from '../../cli/report/format.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import type { Finding } from '../../models/finding.ts';
import { replayOf } from '../../scenarios/search/replay.ts';
import { type Found, foundBy, specimenFile, type Wanted } from './found.ts';

const plain = painter(false);

async function explained(name: string, wanted: Wanted, columns?: number): Promise<string> {
  return textOf(await foundBy(name, wanted), columns);
}

function textOf({ file, documents }: Found, columns?: number): string {
  const { outcome, finding } = replayOf(file, documents);
  return explanationText({ ...file, finding: finding! }, outcome, plain, documents, columns);
}

describe('an explanation', () => {
  test('says what was demanded, who shows what, where they part, who had seen it, and what happened', async () => {
    const text = await explained(specimenFile('prefer-local'), { oracle: 'convergence' });
    const [demand, difference, parting, story] = text.split('\n\n');
    expect(demand).toContain('Expected: When everything has been delivered, all devices show the same.');
    expect(demand).toContain('That does not hold for A and B.');
    expect(difference).toMatch(
      /^What differs, at \S+:\n {4}A {2}\S+\n {4}B {2}\S+\n {2}Giving everybody everything once more does not heal it\.$/,
    );
    expect(parting).toMatch(/^They part at edit \d+, which [AB] made at \S+s: sets /);
    expect(parting).toContain('In the end A and B had it.');
    expect(story).toMatch(
      /^What happened \(2 devices, \d edits?, shrunk from \d devices and \d+\s+edits; times are\s+virtual\):\n/,
    );
    expect(story).toContain('judged');
    expect(story).not.toContain('hears that');
  });

  test.each([
    ['version-agreement', 'counts-deliveries', ['say that they hold the same', "'revision "]],
    ['pending', 'forgets-dependents', ['holds changes back', ' held back']],
    ['reload', 'forgets-tombstones', [', loaded from its storage']],
    ['late-joiner', 'first-seen-order', ['a new device  ']],
    ['local-effect', 'hidden-edit', [', after the edit', 'The edit: ']],
    ['merge-trees', 'merge-gap', ['However changes are ordered', 'it claims to hold', 'it holds ']],
    ['intent', 'plain-tags', ['    expected', 'present', 'It is about edit ']],
    ['causality', 'wall-clock-lww', ['which its author had seen', 'has a clock that is ']],
    ['idempotence', 'twice-counted', ['before and after it is given']],
    ['accounting', 'merged-lines', ['Debits less credits']],
    ['document', 'throws-on-gap', ['does not throw', 'RangeError: change', 'when it was asked to receive']],
  ])('speaks for the oracle %s', async (oracle, specimen, words) => {
    const text = await explained(specimenFile(specimen), { oracle });
    expect(text.startsWith(`${oracle} (something bad happened)\n  Expected: `)).toBe(true);
    const flat = text.replaceAll(/\s+/g, ' ');
    for (const word of words) expect(flat).toContain(word.replaceAll(/\s+/g, ' '));
    expect(flat).not.toContain('undefined');
    expect(flat).not.toContain('[object');
  });

  test.each([
    ['durability', 'acknowledges-early', ['is not in the log', 'hears that', 'does not keep it']],
    ['cursor', 'page-tie', [' its place became ', 'position']],
    ['liveness', 'fallen-silent', ['something good did not happen', 'were not pushed']],
    ['delivery', 'page-tie', ['never came', 'The first of them: change ']],
  ])('speaks for the oracle %s', async (oracle, relaySpecimen, words) => {
    const text = await explained('lww', { oracle, relaySpecimen });
    const flat = text.replaceAll(/\s+/g, ' ');
    for (const word of words) expect(flat).toContain(word.replaceAll(/\s+/g, ' '));
    expect(flat).not.toContain('undefined');
  });

  test('does not say who had an edit where the relay has lost some, and says who has lost one', async () => {
    const lost = await foundBy('yjs', {
      oracle: 'convergence',
      faults: { relayTailLossesPerHour: 120, evictionsPerHour: 60 },
    });
    expect(lost.file.plan.faults.map(({ kind }) => kind)).toContain('relay-tail-lost');
    const text = textOf(lost);
    expect(text).toMatch(/They part at edit \d/);
    expect(text).not.toMatch(/In the end|never had it/);

    const found = await foundBy(specimenFile('prefer-local'), { oracle: 'convergence' });
    const { parting, ...rest } = found.file.finding;
    const [one, other] = found.file.finding.devices as [number, number];
    const told = (seenBy: number[], notSeenBy: number[], documents?: DocumentType): string => {
      const finding: Finding = { ...rest, parting: { ...parting!, seenBy, notSeenBy } };
      return explanationText({ ...found.file, finding }, {}, plain, documents);
    };
    expect(told([one], [other, 99], found.documents)).toContain(
      'In the end A had it; B had it and lost it; device 99 never had it.',
    );
    expect(told([one], [other])).toContain('In the end A had it; B did not have it.');
    expect(told([], [one, other], found.documents)).not.toContain('In the end');
  });

  test('leaves the story out where that is told elsewhere, and keeps its names', async () => {
    const { file, documents } = await foundBy(specimenFile('prefer-local'), { oracle: 'convergence' });
    const text = explanationText(file, {}, plain, documents, 100, false);
    expect(text).toMatch(/They part at edit \d/);
    expect(text).not.toContain('What happened');
  });

  test('fits the terminal', async () => {
    for (const columns of [60, 80, 120]) {
      const text = await explained(specimenFile('plain-tags'), { oracle: 'intent' }, columns);
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    }
  });

  test('shows of two records what differs, and nothing else', async () => {
    const found = await foundBy(specimenFile('prefer-local'), { oracle: 'convergence' });
    const { devices } = found.file.finding;
    const detail = {
      groups: devices.map((index) => [index]),
      place: 'account-1',
      [`device ${devices[0]}`]: { fields: { name: 'same', note: 'one' } },
      [`device ${devices[1]}`]: { fields: { name: 'same' } },
    };
    const finding: Finding = { ...found.file.finding, detail };
    const text = explanationText({ ...found.file, finding }, {}, plain);
    expect(text).toContain(`What differs, at account-1:\n  fields/note\n    A  'one'\n    B  absent\n`);
    expect(text).not.toContain("same'");
  });

  test('makes control characters visible, and has no escape codes but those of the paint', async () => {
    const found = await foundBy(specimenFile('prefer-local'), { oracle: 'convergence' });
    const bad = '\u001b[2J\u009b\u202eevil\n';
    const [one, other] = found.file.finding.devices;
    const finding: Finding = {
      ...found.file.finding,
      oracle: `convergence`,
      detail: {
        ...found.file.finding.detail,
        place: `a${bad}`,
        [`device ${one}`]: bad,
        [`device ${other}`]: { [bad]: bad },
      },
      parting: { ...found.file.finding.parting!, target: bad },
    };
    const text = explanationText({ ...found.file, finding }, { views: {} }, plain, found.documents);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text).toContain(String.raw`\u{1b}[2J`);
    expect(explanationText(found.file, {}, painter(true))).toContain('\u001b[');
  });

  test('holds for a file that somebody has edited', async () => {
    const found = await foundBy(specimenFile('prefer-local'), { oracle: 'convergence' });
    for (const oracle of [
      'convergence',
      'intent',
      'cursor',
      'delivery',
      'accounting',
      'document',
      'made-up',
      'pending',
    ]) {
      for (const detail of [{}, { place: 3, groups: 'x', first: null, pending: 1, edit: 'x', expected: { a: [1] } }]) {
        const finding: Finding = { ...found.file.finding, oracle, detail };
        expect(explanationText({ ...found.file, finding }, {}, plain)).toContain('Expected: ');
      }
    }
  });
});
