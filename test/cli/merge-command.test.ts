// `squall merge`: a sharded hunt merged is the hunt over all seeds; what does not belong together is refused.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { huntCommand } from '../../cli/commands/hunt.ts';
import { mergeCommand } from '../../cli/commands/merge.ts';
import type { HuntResult } from '../../cli/hunt-result.ts';
import type { Io } from '../../cli/io.ts';
import { emptyFolder } from './found.ts';
import { inFolder, PREFER_LOCAL } from './finding-fixtures.ts';

const SEEDS = '1..30';
const HUNT = [
  'crdt-conflicts',
  '--documents',
  PREFER_LOCAL,
  '--seeds',
  SEEDS,
  '--max-findings',
  '99',
  '--workers',
  '2',
];

let hunted: string;
let whole: HuntResult;
beforeAll(async () => {
  hunted = mkdtempSync(join(tmpdir(), 'squall-merge-'));
  const hunt = (...args: string[]) => inFolder(huntCommand, hunted, [...HUNT, '--quiet', ...args]);
  await hunt('--findings', 'findings', '--json', 'whole.json');
  whole = resultIn(hunted, 'whole.json');
  for (const index of [1, 2, 3]) {
    mkdirSync(join(hunted, `shard-${index}`));
    await hunt('--shard', `${index}/3`, '--findings', `shard-${index}/findings`, '--json', `shard-${index}/hunt.json`);
  }
}, 120_000);
afterAll(() => rmSync(hunted, { recursive: true, force: true }));

const ALL = ['shard-3/hunt.json', 'shard-1/hunt.json', 'shard-2/hunt.json'];
const resultIn = (folder: string, file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as HuntResult;
const filesIn = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((file) => [file, readFileSync(join(folder, file), 'utf8')]);

/** The shards in a folder of a test's own. */
function shards(): string {
  const folder = emptyFolder();
  for (const index of [1, 2, 3])
    cpSync(join(hunted, `shard-${index}`), join(folder, `shard-${index}`), { recursive: true });
  return folder;
}

function edited(folder: string, file: string, change: Partial<HuntResult>): void {
  writeFileSync(join(folder, file), JSON.stringify({ ...resultIn(folder, file), ...change }));
}

const merge = (folder: string, args: readonly string[], change: Partial<Io> = {}) =>
  inFolder(mergeCommand, folder, args, change);

describe('a sharded hunt merged', () => {
  it('is the same as one that is not sharded: findings, seeds, counts, statement, files', async () => {
    const folder = shards();
    const { code, stdout } = await merge(folder, [...ALL, '--findings', 'findings', '--json', 'out.json']);
    const { elapsedMs: _one, ...merged } = resultIn(folder, 'out.json');
    const { elapsedMs: _other, ...expected } = whole;
    expect(merged).toEqual(expected);
    expect(whole.findings.length).toBeGreaterThan(1);
    expect(filesIn(join(folder, 'findings'))).toEqual(filesIn(join(hunted, 'findings')));
    expect(code).toBe(1);
    expect(stdout).toContain('\nall 30 seeds ran\n');
    for (const { seed, signature, file } of whole.findings) {
      expect(stdout).toContain(`safety: ${signature}  seed ${seed}`);
      expect(stdout).toContain(`npx squall replay ${file}`);
    }
    expect(stdout).toMatch(/\n✗ a safety finding \(exit 1\); \d distinct findings\n$/);
  });

  it('has each shard know which part of the seeds it was, and whether that ran', () => {
    const parts = [1, 2, 3].map((index) => resultIn(hunted, `shard-${index}/hunt.json`));
    expect(parts.map(({ shard }) => shard)).toEqual([1, 2, 3].map((index) => ({ index, count: 3 })));
    expect(parts.map(({ expected }) => expected)).toEqual([10, 10, 10]);
    expect(parts.every(({ isComplete, seeds, seedsTotal }) => isComplete && seeds === SEEDS && seedsTotal === 30)).toBe(
      true,
    );
    expect(whole).toMatchObject({ shard: null, expected: 30, isComplete: true, findingsMax: 99, forMs: null });
  });

  it('finds finding files beside their results, wherever those were brought', async () => {
    const folder = shards();
    for (const index of [1, 2, 3]) {
      const { findings } = resultIn(folder, `shard-${index}/hunt.json`);
      const moved = findings.map((finding) => ({
        ...finding,
        file: `/home/runner/work/out/${finding.file!.slice(8)}`,
      }));
      edited(folder, `shard-${index}/hunt.json`, { findings: moved });
    }
    await merge(folder, [...ALL, '--findings', 'findings', '--json', 'out.json']);
    expect(filesIn(join(folder, 'findings'))).toEqual(filesIn(join(hunted, 'findings')));
  });

  it('says where a file is not there, or is of another seed, and copies nothing without a folder', async () => {
    const folder = shards();
    const { code, stdout } = await merge(folder, [...ALL, '--json', 'out.json']);
    expect(code).toBe(1);
    expect(existsSync(join(folder, 'findings'))).toBe(false);
    for (const { file } of resultIn(folder, 'out.json').findings) expect(existsSync(join(folder, file!))).toBe(true);
    expect(stdout).not.toContain('its file is not there');

    rmSync(join(folder, 'shard-1/findings'), { recursive: true });
    const other = await merge(folder, ALL);
    expect(other.stdout).toMatch(/ {2}! shard-\d\/findings\/\S+ is of seed \d+, not of 1\n/);
    for (const index of [2, 3]) rmSync(join(folder, `shard-${index}/findings`), { recursive: true });
    const none = await merge(folder, [...ALL, '--json', 'out.json']);
    expect(none.stdout).toContain('its file is not there: shard-1/findings/');
    expect(resultIn(folder, 'out.json').findings.map(({ file }) => file)).toEqual(whole.findings.map(() => null));
  });
});

describe('shards that are missing', () => {
  it('are named, and make an otherwise clean hunt inconclusive', async () => {
    const folder = shards();
    for (const file of ALL) edited(folder, file, { findings: [], seedsFailed: 0, verdict: 'clean', exitCode: 0 });
    expect((await merge(folder, ALL)).code).toBe(0);
    const { code, stdout } = await merge(folder, ['shard-2/hunt.json', '--json', 'out.json']);
    expect(code).toBe(98);
    expect(stdout).toContain('! shards that are missing: 1/3, 3/3\n');
    expect(stdout).toContain('\n10 of 30 seeds ran\n');
    expect(resultIn(folder, 'out.json')).toMatchObject({
      missingShards: [1, 3],
      isComplete: false,
      expected: 30,
      seedsDone: 10,
      verdict: 'inconclusive',
    });
  });

  it('do not hide a finding, nor a shard that was interrupted or broken', async () => {
    const folder = shards();
    expect((await merge(folder, ALL.slice(0, 2))).code).toBe(1);
    edited(folder, ALL[0]!, { verdict: 'interrupted', exitCode: 130 });
    expect((await merge(folder, ALL)).code).toBe(130);
    edited(folder, ALL[1]!, { verdict: 'failed', exitCode: 3 });
    expect((await merge(folder, ALL)).code).toBe(3);
  });
});

describe('findings that are known', () => {
  const known = (folder: string, expires: string) => {
    const entries = whole.findings.map(({ signature }) => ({ signature, reason: 'is <b>worked</b> on', expires }));
    writeFileSync(join(folder, 'known.json'), JSON.stringify({ known: entries }));
  };
  const today = () => '2026-11-23';

  it('warn and do not fail, until they expire', async () => {
    const folder = shards();
    known(folder, '2026-11-23');
    const args = [...ALL, '--known', 'known.json', '--json', 'out.json'];
    const { code, stdout } = await merge(folder, args, { today });
    expect(code).toBe(0);
    expect(stdout).toContain('! safety: ');
    expect(stdout).toContain('  known until 2026-11-23: is <b>worked</b> on\n');
    expect(stdout).toMatch(/\n✓ no findings but known ones; \d distinct findings\n$/);
    expect(resultIn(folder, 'out.json').findings[0]).toMatchObject({ standing: 'known' });
    const late = await merge(folder, args, { today: () => '2026-11-24' });
    expect(late.code).toBe(1);
    expect(late.stdout).toContain('  was accepted until 2026-11-23: is <b>worked</b> on\n');
  });

  it('of a hunt do the same', async () => {
    const folder = emptyFolder();
    known(folder, '2026-11-23');
    const args = [...HUNT, '--known', 'known.json', '--json', 'out.json'];
    const { code, stdout } = await inFolder(huntCommand, folder, args, { today });
    expect(code).toBe(0);
    expect(stdout).toContain('  known until 2026-11-23: ');
    expect(stdout).toMatch(/\n✓ no findings but known ones; \d distinct findings\n$/);
    expect(resultIn(folder, 'out.json')).toMatchObject({ verdict: 'clean', exitCode: 0 });
    expect(readdirSync(join(folder, 'findings')).length).toBe(whole.findings.length);
  });

  it('are those that the base shows too', async () => {
    const folder = shards();
    const [first, ...others] = whole.findings.map(({ signature }) => ({ signature, verdict: 'reproduced' }));
    const write = (files: object[]) =>
      writeFileSync(join(folder, 'base.json'), JSON.stringify({ schemaVersion: 1, files }));
    write([first!, ...others]);
    const args = [...ALL, '--base-replay', 'base.json'];
    const { code, stdout } = await merge(folder, args, { today });
    expect([code, stdout]).toEqual([0, expect.stringContaining('  the base shows it too\n')]);
    write([first!]);
    expect((await merge(folder, args, { today })).code).toBe(1);
  });
});

describe('refused', () => {
  it.each<[string, Partial<HuntResult>, string]>([
    ['another scenario', { scenario: 'sync-relay' }, 'scenario of shard-1/hunt.json: got "sync-relay", expected'],
    ['other seeds', { seeds: '1..31' }, 'seeds of shard-1/hunt.json: got "1..31", expected "1..30", as in'],
    ['another configuration', { configHash: '00' }, 'configHash of shard-1/hunt.json: got "00", expected'],
    ['another version', { tool: { name: 'squall', version: '9' } }, 'tool.version of shard-1/hunt.json: got "9"'],
    ['another number of shards', { shard: { index: 1, count: 4 } }, 'shard.count of shard-1/hunt.json: got 4'],
    ['more shards than there can be', { shard: { index: 1, count: 40_000_000 } }, 'shard.count: got 40000000'],
    ['no shard', { shard: null }, 'shard-1/hunt.json: got null, expected the result of a shard'],
    ['a shard twice', { shard: { index: 3, count: 3 } }, 'each shard once: shard-3/hunt.json is shard 3/3 too'],
    ['a seed that is none', { findings: [{ seed: '31' }] as never }, 'ERR_RESULT findings[0].signature: got nothing'],
  ])('%s', async (_name, change, line) => {
    const folder = shards();
    edited(folder, 'shard-1/hunt.json', change);
    const { thrown, stdout } = await merge(folder, [...ALL, '--json', 'out.json']);
    expect(thrown).toMatch(/^ERR_RESULT /);
    expect(thrown).toContain(line);
    expect([stdout, existsSync(join(folder, 'out.json'))]).toEqual(['', false]);
  });

  it('nothing, files that are none, results of something else', async () => {
    const folder = shards();
    writeFileSync(join(folder, 'run.json'), '{"schemaVersion": 1, "thresholds": []}');
    writeFileSync(join(folder, 'text.json'), 'text');
    const of = async (...args: string[]) => (await merge(folder, args)).thrown;
    expect(await of()).toContain('ERR_CONFIG argument: got nothing, expected the results of the shards of one hunt');
    expect(await of('none.json')).toBe('ERR_FILE argument: got "none.json", expected a file that exists');
    expect(await of('run.json')).toContain('ERR_RESULT run.json: got an object, expected the result of a hunt');
    expect(await of('text.json')).toContain('ERR_RESULT text.json: got "text", expected JSON');
    const seed = { ...whole.findings[0]!, seed: '31' };
    edited(folder, ALL[0]!, { findings: [seed] });
    expect(await of(...ALL)).toBe(
      'ERR_RESULT findings of shard-3/hunt.json: got "31", expected one of the seeds 1..30',
    );
  });
});

it('what a shard’s result says comes out harmless', async () => {
  const folder = shards();
  const evil = { seed: '3', reason: '\u001b[31m::error::x\nnext' };
  edited(folder, ALL[0]!, { died: [evil] });
  const { stdout } = await merge(folder, ALL);
  expect(stdout).not.toContain('\u001b');
  expect(stdout).not.toContain('\nnext');
  for (const file of ALL) edited(folder, file, { seeds: '1..\n30', seedsTotal: 30, marks: { 'a\u202Eb': 1 } });
  const odd = await merge(folder, ALL);
  expect([odd.thrown, odd.stdout.split('\n')[0]]).toEqual(['', expect.stringContaining(' seeds 1..\\x0a30 ')]);
  expect(odd.stdout).not.toContain('\u202E');
  const { findings } = resultIn(folder, ALL[0]!);
  edited(folder, ALL[0]!, { findings: [{ ...findings[0]!, signature: 'a\u001b[31m' }] });
  expect((await merge(folder, ALL)).thrown).toMatch(/^ERR_RESULT findings\[0\]\.signature: /);
});

it('a report that could not be written stands in the result of a hunt and of a merge, and no other is lost for it', async () => {
  const folder = shards();
  const clearing = () => rmSync(join(folder, 'gone'), { recursive: true, force: true });
  const args = ['--json', 'out.json', '--report', 'gone/a.md', '--report', 'b.md'];
  const check = ({ code }: { code: number | undefined }) => {
    expect(code).toBe(2);
    expect(resultIn(folder, 'out.json')).toMatchObject({ verdict: 'unwritten', exitCode: 2 });
    expect(existsSync(join(folder, 'b.md'))).toBe(true);
    rmSync(join(folder, 'b.md'));
  };
  mkdirSync(join(folder, 'gone'));
  const hunt = [...HUNT, '--seeds', '1..3', ...args];
  check(await inFolder(huntCommand, folder, hunt, { out: clearing }));
  mkdirSync(join(folder, 'gone'));
  // The day is asked for after the files were checked, and before they are written.
  check(await merge(folder, [...ALL, ...args], { today: () => (clearing(), '2026-11-23') }));
});
