// Every planted bug is found, shrunk and replayed, and docs/trust.md says what came of it.

import { describe, expect, test } from 'vitest';
import { findingFileText, parseFindingFile } from '../../scenarios/search/finding-file.ts';
import { replayOf } from '../../scenarios/search/replay.ts';
import { readBlock } from './block.ts';
import { huntFor, type Hunted, plantedBugs, SEEDS_MAX, tableOf } from './specimens.ts';

const hunted: Hunted[] = [];

describe.each((await plantedBugs()).map((planted) => [planted.name, planted] as const))('%s', (_, planted) => {
  test(`is found by its oracle within ${SEEDS_MAX} seeds, and shrunk to a story`, { timeout: 120_000 }, () => {
    const found = huntFor(planted);
    expect(found).toBeDefined();
    hunted.push(found!);
    const { sizeAfter, finding } = found!.file;
    expect(finding.oracle).toBe(planted.oracle);
    expect(sizeAfter.devices).toBeLessThanOrEqual(3);
    expect(sizeAfter.edits).toBeLessThanOrEqual(6);
  });

  test('is replayed from its file with the same trace, every time', { timeout: 60_000 }, () => {
    const { file } = hunted.find((each) => each.planted.name === planted.name)!;
    const read = parseFindingFile('finding.json', findingFileText(file));
    for (let time = 0; time < 100; time++) {
      const { verdict, isExact } = replayOf(read, planted.documents);
      expect([verdict, isExact]).toEqual(['reproduced', true]);
    }
  });
});

test('the table in docs/trust.md says so', () => {
  // The formatter aligns the columns.
  const cells = (text: string): string[] =>
    text.split('\n').map((line) => line.replaceAll(/\s+/g, ' ').replaceAll(/-+/g, '-'));
  expect(cells(readBlock('docs/trust.md', 'specimens'))).toEqual(cells(tableOf(hunted)));
});
