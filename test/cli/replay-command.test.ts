// `squall replay` and `squall shrink` on files of a real finding: verdicts, exit codes, and what is no finding file.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { replayCommand } from '../../cli/commands/replay.ts';
import { shrinkCommand } from '../../cli/commands/shrink.ts';
import { huntPool } from '../../cli/hunt-pool.ts';
import type { Io } from '../../cli/io.ts';
import type { EntityDraft } from '../../models/entities.ts';
import { type FindingFile, findingFileText, parseFindingFile } from '../../scenarios/search/finding-file.ts';
import { isLarger } from '../../scenarios/search/plan-size.ts';
import { squall } from './command.ts';
import { inFolder, PREFER_LOCAL } from './finding-fixtures.ts';

let home: string;
let folder: string;
/** A finding of a real storm, as it was recorded, and shrunk. */
let whole: FindingFile;
let shrunk: FindingFile;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'squall-replay-'));
  const config = { documents: PREFER_LOCAL, faults: 'none' };
  const setup = { cwd: home, scenario: 'crdt-conflicts', documentsFile: PREFER_LOCAL, input: { config }, versions: {} };
  const pool = huntPool({ count: 1, setup });
  const { done } = await pool.runSeeds(['1', '2', '3', '4']);
  const { seed, outcome } = done.find((each) => each.outcome.findings.length > 0)!;
  const { signature } = outcome.findings[0]!;
  whole = { ...(await pool.investigate(seed, signature, 0)).found!.file, command: 'none' };
  shrunk = { ...(await pool.shrink(whole, 60_000)).found!.file, command: 'none' };
  await pool.close();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

beforeEach(() => {
  folder = mkdtempSync(join(home, 'case-'));
});

/** Writes a finding file, with changes, and gives its name. */
function write(name: string, change: Partial<FindingFile> = {}, file = shrunk): string {
  writeFileSync(join(folder, name), findingFileText({ ...file, ...change }));
  return name;
}
const correct = () => ({ documents: 'lww', config: { ...shrunk.config, documents: 'lww' } });
const replay = (...args: string[]) => inFolder(replayCommand, folder, args);

describe('a verdict', () => {
  it('reproduced: exit 1, with the explanation unless it is to be quiet', async () => {
    write('a.json');
    const { code, stdout } = await replay('a.json');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ reproduced {2}a\.json {2}safety: /);
    expect(stdout.split('\n').length).toBeGreaterThan(3);
    const quiet = await replay('a.json', '--quiet');
    expect(quiet).toMatchObject({ code: 1, stdout: `✗ reproduced  a.json  safety: ${shrunk.finding.signature}\n` });
  });

  it('gone: exit 0', async () => {
    write('a.json', correct());
    const { code, stdout } = await replay('a.json');
    expect([code, stdout]).toEqual([0, `✓ gone  a.json  safety: ${shrunk.finding.signature}\n`]);
  });

  it('not exercised any more: exit 6, with what did not happen', async () => {
    const draft: EntityDraft = {
      entityType: 'account',
      operation: 'DELETE',
      entity: 'account-9-9',
      edits: [{ kind: 'remove', entity: 'account-9-9' }],
    };
    const users = shrunk.plan.users.map((user) => ({
      ...user,
      actions: user.actions.map((action) => ({
        ...action,
        steps: action.steps.map((step) => (step.do === 'edit' ? { ...step, draft } : step)),
      })),
    }));
    write('a.json', { ...correct(), plan: { ...shrunk.plan, users } });
    const { code, stdout } = await replay('a.json');
    expect(stdout).toMatch(/^\? not exercised any more {2}a\.json {2}safety: .+: .*account-9-9.*\n$/);
    expect(code).toBe(6);
  });

  it('another failure counts as one, by its kind', async () => {
    write('a.json', { finding: { ...shrunk.finding, oracle: 'drains', signature: 'drains:x', kind: 'liveness' } });
    const { code, stdout } = await replay('a.json', '--quiet');
    expect(stdout).toBe(`✗ another failure  a.json  safety: ${shrunk.finding.signature}, not liveness: drains:x\n`);
    expect(code).toBe(1);
  });
});

describe('--exact', () => {
  it('says that the trace is the same', async () => {
    write('a.json');
    const { code, stdout } = await replay('a.json', '--exact', '--quiet');
    expect([code, stdout.split('  ')[0]]).toEqual([1, '✗ reproduced, the same trace']);
  });

  it('exits with 5 where it is another one, with the first event that differs and those before it', async () => {
    const lastEvents = [...shrunk.lastEvents];
    lastEvents[10] = `${lastEvents[10]} otherwise`;
    write('a.json', { traceHash: '0123456789abcdef', lastEvents });
    const { code, stdout } = await replay('a.json', '--exact', '--quiet');
    expect(code).toBe(5);
    expect(stdout).toMatch(/^✗ reproduced, another trace {2}/);
    const index = /^#(\d+)/.exec(lastEvents[10])![1];
    expect(stdout).toContain(`\n  the traces part at event ${index}:\n`);
    expect(stdout).toContain(`      ${lastEvents[9]}\n    - ${lastEvents[10]}\n    + ${shrunk.lastEvents[10]}\n`);
    expect((await replay('a.json', '--quiet')).code).toBe(1);
  });
});

describe('the story', () => {
  it('is told with --trace, whatever the verdict', async () => {
    write('a.json', correct());
    const { code, stdout } = await replay('a.json', '--trace');
    expect(code).toBe(0);
    const edits = shrunk.sizeAfter.edits;
    expect(stdout.match(/● edit \d/g)?.length).toBe(edits);
    expect(stdout).toContain('relay');
  });

  it.each([
    ['1ms', /\nat 0\.001s, /],
    ['event:0', /after event 0: /],
  ])('is left at %s with --until, and each device is shown', async (until, at) => {
    write('a.json');
    const { code, stdout } = await replay('a.json', '--until', until);
    expect(code).toBe(1);
    expect(stdout).toMatch(at);
    for (const { index } of shrunk.plan.devices) expect(stdout).toContain(`(device ${index})`);
    expect(stdout).toContain('outbox');
  });

  it('is left for one file alone', async () => {
    write('a.json');
    write('b.json');
    expect((await replay('a.json', 'b.json', '--until', '1s')).thrown).toBe(
      'ERR_CONFIG --until: got "1s", expected one finding file',
    );
  });
});

describe('traces for other viewers', () => {
  it('are written, with what opens them', async () => {
    write('a.json');
    const { code, stdout } = await replay('a.json', '--quiet', '--perfetto', 'out.json', '--shiviz', 'out.log');
    expect(code).toBe(1);
    expect(stdout).toContain('\nwritten to out.json; open it at https://ui.perfetto.dev\n');
    expect(stdout).toContain('\nwritten to out.log; open it at https://bestchai.bitbucket.io/shiviz/\n');
    const { traceEvents } = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')) as { traceEvents: unknown[] };
    expect(traceEvents.length).toBeGreaterThan(5);
    expect(readFileSync(join(folder, 'out.log'), 'utf8')).toMatch(/^\S+ \{"[^\n]+\}\n\S/);
  });

  it.each(['perfetto', 'shiviz'])('are refused before anything runs: --%s', async (flag) => {
    write('a.json');
    write('b.json');
    expect((await replay('a.json', 'b.json', `--${flag}`, 'x')).thrown).toBe(
      `ERR_CONFIG --${flag}: got "x", expected one finding file`,
    );
    const { thrown, stdout } = await replay('a.json', `--${flag}`, 'nowhere/x');
    expect([thrown, stdout]).toEqual([expect.stringMatching(new RegExp(`^ERR_FILE --${flag}: `)), '']);
  });
});

describe('a finding that people know of', () => {
  const knownFile = (expires: string): string => {
    const known = [{ signature: shrunk.finding.signature, reason: 'not ours', expires }];
    writeFileSync(join(folder, 'known.json'), JSON.stringify({ known }));
    return 'known.json';
  };
  const on = (day: string, ...args: string[]) => inFolder(replayCommand, folder, args, { today: () => day });

  it('warns until its last day, and fails from then on', async () => {
    write('a.json');
    const file = knownFile('2027-01-31');
    const args = ['a.json', '--quiet', '--known', file, '--json', 'out.json'];
    const known = await on('2027-01-31', ...args);
    expect(known.code).toBe(0);
    expect(known.stdout).toMatch(/^✗ reproduced .*\n {2}known until 2027-01-31: not ours\n$/);
    const { files, exitCode } = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')) as Record<string, unknown>;
    expect([files, exitCode]).toMatchObject([[{ standing: 'known', verdict: 'reproduced', exitCode: 0 }], 0]);
    const expired = await on('2027-02-01', ...args);
    expect(expired.code).toBe(1);
    expect(expired.stdout).toContain('was accepted until 2027-01-31: not ours');
  });

  it('warns where the base shows it too, and a new one fails', async () => {
    write('a.json');
    await replay('a.json', '--quiet', '--json', 'base.json');
    const { code, stdout } = await replay('a.json', '--quiet', '--base-replay', 'base.json');
    expect([code, stdout.split('\n')[1]]).toEqual([0, '  the base shows it too']);
    write('b.json', correct());
    await replay('b.json', '--quiet', '--json', 'base.json');
    expect((await replay('a.json', '--quiet', '--base-replay', 'base.json')).code).toBe(1);
    // A file that fails in another way than it was kept for, on the base as here.
    write('c.json', { finding: { ...shrunk.finding, oracle: 'drains', signature: 'drains:x' } });
    await replay('c.json', '--quiet', '--json', 'base.json');
    expect((await replay('c.json', '--quiet', '--base-replay', 'base.json')).code).toBe(0);
  });

  it('is read before anything runs', async () => {
    write('a.json');
    writeFileSync(join(folder, 'known.json'), '{"known": [{}]}');
    const { thrown, stdout } = await replay('a.json', '--known', 'known.json');
    expect([thrown, stdout]).toEqual([expect.stringMatching(/^ERR_KNOWN /), '']);
  });
});

describe('--report', () => {
  it('is checked before anything runs', async () => {
    write('a.json');
    const { thrown, stdout } = await replay('a.json', '--report', 'out.pdf');
    expect([thrown, stdout]).toEqual([expect.stringMatching(/^ERR_CONFIG --report: got "out.pdf"/), '']);
  });

  it('tells of the verdicts, and of each finding that occurs', async () => {
    write('a.json');
    write('b.json', correct());
    const { code } = await replay('a.json', 'b.json', '--quiet', '--report', 'out.md');
    expect(code).toBe(1);
    expect(readFileSync(join(folder, 'out.md'), 'utf8')).toContain('a.json');
  });

  it('has no verdict against a finding that is accepted, with its picture beside', async () => {
    write('a.json');
    await replay('a.json', '--quiet', '--json', 'base.json');
    const { code } = await replay('a.json', '--quiet', '--base-replay', 'base.json', '--report', 'out.html');
    const page = readFileSync(join(folder, 'out.html'), 'utf8');
    expect([code, /<title>(.)/.exec(page)?.[1]]).toEqual([0, '✓']);
    expect(page).not.toContain('class="verdict bad"');
    expect(page).toContain(shrunk.finding.signature);
  });

  it('is written though something before it could not be', async () => {
    write('a.json');
    mkdirSync(join(folder, 'gone'));
    const clearing = (text: string) => {
      if (text.includes('reproduced')) rmSync(join(folder, 'gone'), { recursive: true, force: true });
    };
    const args = ['--json', 'gone/a.json', '--report', 'gone/a.md', '--report', 'a.xml', '--report', 'a.html'];
    const { thrown } = await inFolder(replayCommand, folder, ['a.json', '--quiet', ...args], { out: clearing });
    expect(thrown).toMatch(/^ERR_FILE --json/);
    expect(readdirSync(folder)).toEqual(['a.html', 'a.json', 'a.xml']);
  });
});

describe('--emit', () => {
  it('writes a script that fails by itself', async () => {
    write('a.json');
    const { code, stdout } = await replay('a.json', '--emit', 'script', '-o', 'made.mjs', '--quiet');
    expect(code).toBe(1);
    expect(stdout).toMatch(/\nwritten to made\.mjs; run it with:\n {2}node made\.mjs\n$/);
    const { status, stderr } = spawnSync(process.execPath, ['made.mjs'], { cwd: folder, encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain('AssertionError');
  });

  it('says why there can be none, with exit 2, and writes nothing', async () => {
    write('a.json', correct());
    const { code, stderr } = await replay('a.json', '--emit', 'vitest', '--quiet');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ERR_EMIT nothing was written: the finding .+ does not occur now\n$/);
    expect(readdirSync(folder)).toEqual(['a.json']);
  });
});

describe('several files', () => {
  it('of a folder come sorted by name, a line each, and the exit code that wins', async () => {
    mkdirSync(join(folder, 'findings'));
    write('findings/b.json', correct());
    write('findings/a.json');
    writeFileSync(join(folder, 'findings', 'notes.txt'), 'not asked for');
    const { code, stdout } = await replay('findings', '--quiet', '--json', 'out.json');
    expect(code).toBe(1);
    expect(stdout.split('\n').map((line) => line.split('  ').slice(0, 2).join(' '))).toEqual([
      '✗ reproduced findings/a.json',
      '✓ gone findings/b.json',
      '2 findings: 1 reproduced, 1 gone (exit 1)',
      '',
    ]);
    expect(JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8'))).toMatchObject({
      schemaVersion: 1,
      exitCode: 1,
      files: [
        { file: 'findings/a.json', verdict: 'reproduced', exitCode: 1, isExact: true, kind: 'safety' },
        { file: 'findings/b.json', verdict: 'gone', exitCode: 0 },
      ],
    });
  });

  it('one that is wrong is said, and the others are replayed all the same', async () => {
    write('b.json');
    writeFileSync(join(folder, 'a.json'), '{"formatVersion": 99}');
    const { code, stdout, stderr } = await replay('a.json', 'b.json', '--quiet');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ERR_FINDING formatVersion: got 99, .*\(in a\.json\)\n$/);
    expect(stdout).toContain('✗ reproduced  b.json');
    expect(stdout).toContain('2 findings: 1 reproduced, 1 refused (exit 2)\n');
  });
});

describe('what is no finding file, as a process', () => {
  const cases: [name: string, make: () => void, args: string[], line: string | RegExp][] = [
    ['nothing', () => undefined, [], 'ERR_CONFIG finding: got nothing, expected a finding file, or a folder of them'],
    ['missing', () => undefined, ['no.json'], 'ERR_FILE finding: got "no.json", expected a file that exists'],
    [
      'an empty folder',
      () => mkdirSync(join(folder, 'empty')),
      ['empty'],
      'ERR_FILE finding: got "empty", expected a folder with finding files (.json)',
    ],
    [
      '1 GB long',
      () => {
        writeFileSync(join(folder, 'big.json'), '{');
        truncateSync(join(folder, 'big.json'), 2 ** 30);
      },
      ['big.json'],
      'ERR_FILE finding: got "big.json", expected a finding file of at most 67108864 bytes, not 1073741824',
    ],
    [
      'truncated',
      () => writeFileSync(join(folder, 'half.json'), findingFileText(shrunk).slice(0, 900)),
      ['half.json'],
      /^ERR_FINDING half\.json: got .*expected whole JSON \(it ends too soon, after 900 characters\)$/,
    ],
    [
      'of documents that are gone',
      () => write('gone.json', { documents: './gone.ts', config: { ...shrunk.config, documents: './gone.ts' } }),
      ['gone.json'],
      'ERR_FILE documents of gone.json: got "./gone.ts", expected a file that exists',
    ],
    [
      'of documents that there are none of',
      () => write('none.json', { documents: 'lwww', config: { ...shrunk.config, documents: 'lwww' } }),
      ['none.json'],
      /^ERR_CONFIG documents of none\.json: got "lwww", expected one of lww, yjs/,
    ],
    ['a device', () => undefined, ['/dev/null'], 'ERR_FILE finding: got "/dev/null", expected a regular file'],
    ['an unknown flag', () => undefined, ['a.json', '--exat'], /did you mean --exact\?/],
    [
      'a wrong time',
      () => undefined,
      ['a.json', '--until', 'soon'],
      /^ERR_CONFIG --until: got "soon", expected event:<n>, or/,
    ],
    [
      'a wrong kind',
      () => undefined,
      ['a.json', '--emit', 'jest'],
      /^ERR_CONFIG --emit: got "jest", expected one of script, vitest/,
    ],
  ];
  it.each(cases)('%s: one line, exit 2', (_name, make, args, line) => {
    make();
    const { status, stdout, stderr } = squall(folder, 'replay', ...args);
    expect(stderr.endsWith('\n')).toBe(true);
    const said = stderr.slice(0, -1);
    if (typeof line === 'string') expect(said).toBe(line);
    else expect(said).toMatch(line);
    expect(said).not.toContain('\n');
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

describe('squall shrink', () => {
  const shrink = (args: readonly string[], change: Partial<Io> = {}) => inFolder(shrinkCommand, folder, args, change);
  const read = (name: string) => parseFindingFile(name, readFileSync(join(folder, name), 'utf8'));

  it('writes back what it made smaller, and prints both sizes', async () => {
    write('a.json', {}, whole);
    const { code, stdout } = await shrink(['a.json', '--for', '1m']);
    expect(code).toBe(0);
    const after = read('a.json');
    expect(after.plan).toEqual(shrunk.plan);
    expect(after.command).toBe('npx squall replay a.json');
    const { devices, edits, faults, fates } = whole.sizeAfter;
    const plural = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`;
    expect(stdout).toContain(
      `\n  before  ${[plural(devices, 'device'), plural(edits, 'edit'), plural(faults, 'fault'), plural(fates, 'message fate')].join(', ')}\n  after   `,
    );
    expect((await replay('a.json', '--exact', '--quiet')).stdout).toMatch(/^✗ reproduced, the same trace {2}a\.json/);

    const again = await shrink(['a.json']);
    expect(again.stdout).toContain('(nothing smaller was found)');
    expect(read('a.json')).toEqual(after);
  });

  it('leaves the file alone where another one was named', async () => {
    write('a.json', {}, whole);
    const before = readFileSync(join(folder, 'a.json'), 'utf8');
    expect((await shrink(['a.json', '-o', 'b.json', '--quiet'])).code).toBe(0);
    expect(readFileSync(join(folder, 'a.json'), 'utf8')).toBe(before);
    expect(isLarger(whole.sizeAfter, read('b.json').sizeAfter)).toBe(true);
    expect((await shrink(['a.json', 'b.json', '--findings', 'made/here', '--quiet'])).code).toBe(0);
    expect(read('made/here/a.json').plan).toEqual(read('made/here/b.json').plan);
  });

  it('refuses a finding that does not come back, and leaves its file alone', async () => {
    write('a.json', correct());
    const before = readFileSync(join(folder, 'a.json'), 'utf8');
    const { code, stderr } = await shrink(['a.json']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ERR_FINDING finding: got "a\.json", expected a finding that comes back \(.+\)\n$/);
    expect(readFileSync(join(folder, 'a.json'), 'utf8')).toBe(before);
  });

  it('an interrupt ends it with 130, with what is smaller by then written', async () => {
    write('a.json', {}, whole);
    const onInterrupt = (listener: () => void) => {
      listener();
      return () => undefined;
    };
    const { code, stdout } = await shrink(['a.json'], { onInterrupt });
    expect(code).toBe(130);
    expect(stdout).toContain('  written to a.json;');
    expect(read('a.json').sizeAfter).toEqual(whole.sizeAfter);
  });

  it.each([
    [[], 'ERR_CONFIG finding: got nothing, expected a finding file'],
    [['no.json'], 'ERR_FILE finding: got "no.json", expected a file that exists'],
    [
      ['a.json', 'b.json', '-o', 'c.json'],
      'ERR_CONFIG --output: got "c.json", expected one finding file, or --findings <folder>',
    ],
    [['a.json', '-o', 'no/c.json'], 'ERR_FILE --output: got "no/c.json", expected a file in a folder that exists'],
    [['a.json', '--for', 'ever'], 'ERR_CONFIG --for: got "ever", expected a duration such as 250ms, 30s, 5m, 1h30m'],
  ])('%j is refused', async (args, line) => {
    write('a.json');
    write('b.json');
    expect((await shrink(args)).thrown).toBe(line);
  });
});
