// `squall hunt` with real storms on real threads: what it prints, writes and exits with.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { huntCommand } from '../../cli/commands/hunt.ts';
import type { HuntResult } from '../../cli/hunt-result.ts';
import type { Workers } from '../../cli/hunt-pool.ts';
import type { Io } from '../../cli/io.ts';
import { prepareStorm } from '../../cli/storm.ts';
import { parseFindingFile } from '../../scenarios/search/finding-file.ts';
import { inFolder, misbehaving, PREFER_LOCAL } from './finding-fixtures.ts';
import { LIBRARY } from './command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-hunt-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hunt = (args: readonly string[], change: Partial<Io> = {}) =>
  inFolder(huntCommand, folder, ['crdt-conflicts', '--faults', 'none', '--workers', '2', ...args], change);
const BUGGY = ['--documents', PREFER_LOCAL, '--max-findings', '1'];
const resultIn = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as HuntResult;

describe('a hunt that finds something', () => {
  it('keeps it shrunk, explains it, says what replays it, and exits with 1', async () => {
    const { code, stdout } = await hunt([...BUGGY, '--seeds', '1..8', '--json', 'out.json']);
    expect(code).toBe(1);
    const result = resultIn('out.json');
    const [finding] = result.findings;
    expect(result).toMatchObject({
      schemaVersion: 1,
      scenario: 'crdt-conflicts',
      profile: 'storm',
      faultsName: 'none',
      seeds: '1..8',
      died: [],
      verdict: 'safety',
      exitCode: 1,
    });
    expect(readdirSync(join(folder, 'findings'))).toEqual([finding!.file!.replace('findings/', '')]);
    const kept = parseFindingFile('f', readFileSync(join(folder, finding!.file!), 'utf8'));
    expect(kept.finding.signature).toBe(finding!.signature);
    expect(kept.command).toBe(`npx squall replay ${finding!.file}`);
    expect(kept.documents).toBe(PREFER_LOCAL);
    expect(kept.versions['node']).toBe(process.versions.node);
    expect(kept.sizeAfter).toEqual(finding!.sizeAfter);
    expect(kept.sizeAfter.devices).toBeLessThanOrEqual(3);
    expect(finding!.sizeBefore!.edits).toBeGreaterThan(kept.sizeAfter.edits);
    expect(finding!.seeds[0]).toBe(finding!.seed);
    expect(stdout).toMatch(/^squall 0\.1\.0 · hunt crdt-conflicts · seeds 1\.\.8\n/);
    expect(stdout).toContain(`✗ safety: ${finding!.signature}  seed ${finding!.seed}`);
    expect(stdout).toContain(`kept in ${finding!.file}; replay it with:\n    ${kept.command}\n`);
    expect(stdout).toMatch(/\n✗ a safety finding \(exit 1\); 1 distinct finding\n$/);
  });

  it('reports the same whatever the number of workers', async () => {
    const reportOf = async (workers: string) => {
      const args = ['--documents', PREFER_LOCAL, '--faults', 'swarm', '--seeds', '1..24', '--findings', `f${workers}`];
      await hunt([...args, '--workers', workers, '--json', 'out.json']);
      const { elapsedMs: _elapsedMs, ...result } = resultIn('out.json');
      const texts = readdirSync(join(folder, `f${workers}`))
        .sort()
        .map((file) => readFileSync(join(folder, `f${workers}`, file), 'utf8'));
      return JSON.parse(JSON.stringify({ result, texts }).replaceAll(`f${workers}/`, 'f/')) as unknown;
    };
    const one = await reportOf('1');
    expect(await reportOf('3')).toEqual(one);
    expect((one as { texts: string[] }).texts.length).toBeGreaterThan(0);
  });

  it('leaves a smaller file of the same finding where it is, as long as it still holds', async () => {
    await hunt([...BUGGY, '--seeds', '1..8', '--json', 'out.json']);
    const { file } = resultIn('out.json').findings[0]!;
    const path = join(folder, file!);
    const text = readFileSync(path, 'utf8');
    const kept = parseFindingFile('f', text);
    const edited = (change: object) => writeFileSync(path, JSON.stringify({ ...kept, ...change }));

    const replaced = await hunt([...BUGGY, '--seeds', '1..8']);
    expect(replaced.stdout).toContain(`kept in the place of an older one in ${file}`);
    expect(readFileSync(path, 'utf8')).toBe(text);

    edited({ sizeAfter: { ...kept.sizeAfter, edits: kept.sizeAfter.edits - 1 } });
    const smaller = readFileSync(path, 'utf8');
    const left = await hunt([...BUGGY, '--seeds', '1..8']);
    expect(left.stdout).toContain(`not written over a smaller one in ${file}`);
    expect(readFileSync(path, 'utf8')).toBe(smaller);

    edited({ sizeAfter: { ...kept.sizeAfter, edits: 0 }, plan: { ...kept.plan, users: [] } });
    await hunt([...BUGGY, '--seeds', '1..8']);
    expect(readFileSync(path, 'utf8')).toBe(text);

    writeFileSync(path, 'of something else');
    const beside = await hunt([...BUGGY, '--seeds', '1..8']);
    expect(beside.stdout).toContain(`kept in ${file!.replace('.json', '-2.json')}`);
    expect(readFileSync(path, 'utf8')).toBe('of something else');
  });

  it.each([
    [['liveness', 'liveness'], 4],
    [['liveness', 'safety'], 1],
  ] as const)('%j exits with %d', async (kinds, expected) => {
    const finding = (kind: 'safety' | 'liveness', index: number) => ({
      oracle: 'drains',
      kind,
      signature: `drains:${index}`,
      atUs: 1,
      event: 1,
      devices: [],
      documents: [],
      detail: {},
    });
    const outcome = { findings: kinds.map(finding), faults: {}, marks: {} };
    const workers: Workers = {
      count: 1,
      runSeeds: async (seeds) => ({ done: seeds.map((seed) => ({ seed, outcome })), died: [] }),
      investigate: async () => ({ found: undefined, died: 'it ran out of memory' }),
      shrink: () => Promise.reject(new Error('not asked for')),
      stop: () => undefined,
      close: async () => undefined,
    };
    const engine = { scenarioNames: [], prepare: prepareStorm, workers: () => workers };
    const command = (args: readonly string[], io: Io) => huntCommand(args, io, async () => engine);
    const { code, stdout } = await inFolder(command, folder, ['crdt-conflicts', '--seeds', '1..2']);
    expect(stdout).toContain(
      '✗ liveness: drains:0  seed 1 and 1 other\n  not kept: it ran out of memory\n  run its seed again with:\n' +
        '    npx squall hunt crdt-conflicts --seeds 1,\n',
    );
    expect(code).toBe(expected);
  });
});

describe('a hunt that finds nothing', () => {
  it('says what it proves and what was never exercised, and exits with 0', async () => {
    const { code, stdout } = await hunt(['--seeds', '1..12', '--json', 'out.json']);
    expect(code).toBe(0);
    expect(stdout).toContain('\n0 of 12: at most 23% of such storms fail, 95%\nall 12 seeds ran\nnever reached: ');
    expect(stdout).toMatch(/\n✓ no findings\n$/);
    expect(existsSync(join(folder, 'findings'))).toBe(false);
    expect(resultIn('out.json')).toMatchObject({ seedsDone: 12, seedsFailed: 0, findings: [], verdict: 'clean' });
  });

  it('goes with swarm faults unless others are named', async () => {
    const swarm = await inFolder(huntCommand, folder, ['crdt-conflicts', '--seeds', '1..4']);
    expect(swarm.stdout).toMatch(/\n {2}faults {4}swarm\n/);
    expect(swarm.stdout).toMatch(/\n {2}faults: [a-z-]+ \d/);
    writeFileSync(join(folder, 'squall.config.json'), '{"faults": "lossy"}');
    const lossy = await inFolder(huntCommand, folder, ['crdt-conflicts', '--seeds', '1..4']);
    expect(lossy.stdout).toMatch(/\n {2}faults {4}lossy\n/);
  });

  it('ends when its time is over', async () => {
    const { code, stdout } = await hunt(['--for', '700ms', '--json', 'out.json', '--quiet']);
    expect(code).toBe(0);
    const { seedsDone, seeds, elapsedMs } = resultIn('out.json');
    expect(seeds).toBe('10000000');
    expect(seedsDone).toBeGreaterThan(0);
    expect(elapsedMs).toBeLessThan(20_000);
    expect(stdout).toContain('✓ no findings; its time was over before its seeds were');
  });

  it('shows plain lines elsewhere than on a terminal, and a rewritten one there', async () => {
    let nowMs = 0;
    const clock = { nowMs: () => (nowMs += 3000) };
    const plain = await hunt(['--seeds', '1..20'], clock);
    expect(plain.stderr).toMatch(/^\d+ of 20 seeds {2}[\d.]+ seeds\/s {2}0 seeds with findings, 0 distinct {2}faults /);
    expect(plain.stderr).not.toContain('\r');
    const live = await hunt(['--seeds', '1..20'], { ...clock, errIsTerminal: true, columns: () => 200 });
    expect(live.stderr).toMatch(/\r\d+ of 20 seeds/);
    expect(live.stderr.endsWith('\r\u001b[K')).toBe(true);
    const forced = await hunt(['--seeds', '1..20', '--no-tui'], { ...clock, errIsTerminal: true });
    expect(forced.stderr).not.toContain('\r');
    expect((await hunt(['--seeds', '1..20', '--quiet'], clock)).stderr).toBe('');
  });
});

describe('what goes wrong', () => {
  it('a seed that costs its worker makes an otherwise clean hunt inconclusive', async () => {
    const documents = misbehaving(folder, 'ends', 'process.exit(7);');
    const { code, stdout } = await hunt(['--documents', documents, '--seeds', '1..12', '--json', 'out.json']);
    const { died, seedsDone, verdict } = resultIn('out.json');
    expect(died.length).toBeGreaterThan(0);
    expect(seedsDone + died.length).toBe(12);
    expect(stdout).toContain(`! seed ${died[0]!.seed} died: it ended its process with code 7\n`);
    expect([code, verdict]).toEqual([98, 'inconclusive']);
  });

  it('a bug ends the hunt with 3, the seed and the command that repeats it', async () => {
    const documents = misbehaving(folder, 'timer', 'setTimeout(() => undefined, 0);');
    const { code, stderr } = await hunt(['--documents', documents, '--seeds', '1..40']);
    expect(code).toBe(3);
    const seed = /--seeds (\d+),\n$/.exec(stderr)?.[1];
    expect(stderr).toContain('squall: AmbientAccessError: setTimeout was used in simulated code');
    expect(stderr).toContain(
      `repeat it with:\n  npx squall hunt crdt-conflicts --faults none --workers 2 --documents ${documents} --seeds ${seed},\n`,
    );
    const alone = await hunt(['--documents', documents, '--seeds', `${seed},`]);
    expect(alone.code).toBe(3);
  });

  it('a scenario of one’s own that cannot be built is bad input', async () => {
    writeFileSync(
      join(folder, 'own.ts'),
      `import { defineScenario } from ${LIBRARY};
      export default defineScenario({ name: 'own', title: 'Own', build() { throw new Error('no ledger'); } });`,
    );
    const { code, stderr } = await inFolder(huntCommand, folder, ['./own.ts', '--seeds', '1..4', '--workers', '1']);
    expect(stderr).toBe('ERR_SCENARIO scenario: got "own", expected a build that does not throw (no ledger)\n');
    expect(code).toBe(2);
  });

  it('an interrupt ends it with 130 and what was found so far', async () => {
    let interrupt = (): void => undefined;
    const onInterrupt = (listener: () => void) => {
      interrupt = listener;
      return () => undefined;
    };
    const timer = setTimeout(() => interrupt(), 4000);
    const { code, stdout } = await hunt(['--seeds', '1..1000000'], { onInterrupt });
    clearTimeout(timer);
    expect(code).toBe(130);
    expect(stdout).toContain('✗ interrupted: what is above is what there was (exit 130)');
    expect(stdout).toMatch(/\n0 of \d+: at most /);
  });
});

describe('refused before anything runs', () => {
  const cases: [args: string[], line: string | RegExp][] = [
    [['--seeds', '9..3'], 'ERR_CONFIG --seeds: got "9..3", expected a range that runs forward: 3..9'],
    [['--seed', '4'], 'ERR_CONFIG flag: got "--seed", expected a known flag (did you mean --seeds?)'],
    [['--set', 'seed=4'], 'ERR_CONFIG seed: got "4", expected nothing: --seeds says which seeds a hunt goes through'],
    [['--max-findings', '0'], 'ERR_CONFIG --max-findings: got "0", expected a whole number ≥ 1'],
    [['--workers', 'two'], 'ERR_CONFIG --workers: got "two", expected a whole number ≥ 1'],
    [['--workers', '257'], 'ERR_CONFIG --workers: got 257, expected ≤ 256'],
    [['--for', '0s'], 'ERR_CONFIG --for: got "0s", expected ≥ 1ms: a duration such as 250ms, 30s, 5m, 1h30m'],
    [['--findings', 'file.txt'], 'ERR_FILE --findings: got "file.txt", expected a folder'],
    [['--findings', 'file.txt/deeper'], /^ERR_FILE --findings: got "file\.txt\/deeper", expected a folder/],
    [['--users', '-5'], 'ERR_CONFIG --users: got -5, expected ≥ 1'],
    [['--documents', 'lwww'], /^ERR_CONFIG documents: got "lwww", expected one of lww, yjs/],
    [['--documents', './no.ts'], 'ERR_FILE --documents: got "./no.ts", expected a file that exists'],
    [['--count', '5'], /^ERR_CONFIG --count: got 5, expected nothing beside --seeds 500/],
    [['--json', 'no/out.json'], 'ERR_FILE --json: got "no/out.json", expected a file in a folder that exists'],
    [['--exact'], 'ERR_CONFIG flag: got "--exact", expected a flag that squall hunt --help lists'],
  ];
  it.each(cases)('%j', async (args, line) => {
    writeFileSync(join(folder, 'file.txt'), '');
    const { thrown, stdout } = await hunt(args);
    if (typeof line === 'string') expect(thrown).toBe(line);
    else expect(thrown).toMatch(line);
    expect(stdout).toBe('');
    expect(readdirSync(folder)).toEqual(['file.txt']);
  });
});
