// Bad input through the command itself, as a process: one clear line, exit 2, nothing on standard output, nothing left.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

let folder: string;
let before: string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-bad-'));
  mkdirSync(join(folder, 'directory.json'));
  writeFileSync(join(folder, 'malformed.json'), '{"users": ');
  writeFileSync(join(folder, 'misspelt.json'), '{"network": {"latencyMsMeen": 5}}');
  writeFileSync(join(folder, 'min-max.json'), '{"network": {"latencyMsMin": 500}}');
  writeFileSync(join(folder, 'broken.mjs'), 'export default {');
  writeFileSync(join(folder, 'profile.json'), '{"users": 5, "durationMs": 1000, "ramp": 5}');
  before = readdirSync(folder).sort();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function squall(...args: string[]) {
  const env = { ...process.env, NODE_NO_WARNINGS: '1', SQUALL_DEBUG: '' };
  return spawnSync(process.execPath, [MAIN, ...args], { cwd: folder, encoding: 'utf8', env });
}

const run = (...args: string[]) => ['run', 'sync-relay', '--profile', 'storm', '--seed', '1', ...args];

const cases: [args: string[], line: string | RegExp][] = [
  [[], 'ERR_CONFIG command: got nothing, expected run (squall --help lists all)'],
  [['rnu'], 'ERR_CONFIG command: got "rnu", expected run (did you mean run?)'],
  [
    ['run', 'sync-rely', '--seed', '1'],
    /^ERR_CONFIG scenario: got "sync-rely", expected one of .*did you mean sync-relay\?/,
  ],
  [['run', './no-such.ts'], 'ERR_FILE scenario: got "./no-such.ts", expected a file that exists'],
  [['run', './broken.mjs'], /^ERR_FILE scenario: got "\.\/broken\.mjs", expected a module that loads \(.+\)$/],
  [run('--usres', '5'), 'ERR_CONFIG flag: got "--usres", expected a known flag (did you mean --users?)'],
  [run('--users', '-5'), 'ERR_CONFIG --users: got -5, expected ≥ 1'],
  [run('--users', 'many'), 'ERR_CONFIG --users: got "many", expected a number'],
  [run('--duration', '-5s'), 'ERR_CONFIG --duration: got "-5s", expected a duration such as 250ms, 30s, 5m, 1h30m'],
  [run('--duration', '0'), 'ERR_CONFIG --duration: got 0, expected ≥ 1'],
  [
    run('--profile', 'ligth'),
    'ERR_CONFIG --profile: got "ligth", expected one of storm, light, medium, heavy (did you mean light?)',
  ],
  [run('--profile', './none.json'), 'ERR_FILE --profile: got "./none.json", expected a file that exists'],
  [run('--profile', './profile.json'), /^ERR_CONFIG ramp: got 5, expected .+ \(in profile profile\)$/],
  [run('--documents', 'yjs'), 'ERR_CONFIG --documents: got "yjs", expected lww'],
  [run('--side', 'inject'), 'ERR_CONFIG --side: got "inject", expected model'],
  [run('--clock', 'wall'), 'ERR_CONFIG --clock: got "wall", expected virtual'],
  [run('--dialect', '2'), /^ERR_CONFIG --dialect: got "2", expected one of 1\.0, 1\.1/],
  [run('--network', 'brodband'), /^ERR_CONFIG --network: got "brodband", .* \(did you mean broadband\?\)$/],
  [run('--faults', 'chaos'), 'ERR_CONFIG --faults: got "chaos", expected one of none, lossy, partitions, skew'],
  [
    run('--set', 'network.latencyMsMeen=5'),
    'ERR_CONFIG network.latencyMsMeen: got 5, expected a known key (did you mean network.latencyMsMean?)',
  ],
  [run('--set', 'network.latencyMsMean=-5'), 'ERR_CONFIG network.latencyMsMean: got -5, expected ≥ 0'],
  [
    run('--set', 'network.latencyMsMin=3000'),
    'ERR_CONFIG network.latencyMsMin: got 3000, expected ≤ network.latencyMsMax (2000)',
  ],
  [
    run('--set', 'thresholds.requests=soon'),
    /^ERR_CONFIG thresholds\.requests: got "soon", expected such as p\(95\)<500/,
  ],
  [run('--config', 'none.ts'), 'ERR_FILE --config: got "none.ts", expected a file that exists'],
  [run('--config', 'directory.json'), 'ERR_FILE --config: got "directory.json", expected a file, not a directory'],
  [
    run('--config', 'malformed.json'),
    /^ERR_FILE --config: got "malformed\.json", expected a readable JSON file \(.+\)$/,
  ],
  [
    run('--config', 'misspelt.json'),
    'ERR_CONFIG network.latencyMsMeen: got 5, expected a known key (did you mean network.latencyMsMean?) (in misspelt.json)',
  ],
  [
    run('--config', 'min-max.json'),
    'ERR_CONFIG network.latencyMsMin: got 500, expected ≤ network.latencyMsMean (29) (in min-max.json)',
  ],
  [run('--json', 'directory.json'), 'ERR_FILE --json: got "directory.json", expected a file, not a directory'],
  [
    run('--json', 'missing/out.json'),
    'ERR_FILE --json: got "missing/out.json", expected a file in a folder that exists',
  ],
  [run('--json', 'out.json', '--users', '0'), 'ERR_CONFIG --users: got 0, expected ≥ 1'],
];

describe('bad input', () => {
  it.each(cases)('%j is one line and exit 2', (args, line) => {
    const { status, stdout, stderr } = squall(...args);
    expect(stderr.endsWith('\n')).toBe(true);
    const said = stderr.slice(0, -1);
    if (typeof line === 'string') expect(said).toBe(line);
    else expect(said).toMatch(line);
    expect(said).not.toContain('\n');
    expect(stdout).toBe('');
    expect(status).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});

describe('the command', () => {
  it('shows help and version on standard output', () => {
    expect(squall('--help')).toMatchObject({ status: 0, stderr: '' });
    expect(squall('--version')).toMatchObject({ status: 0, stdout: '0.1.0\n' });
    const help = squall('run', '--help');
    expect(help.stdout).toContain('scenarios: sync-relay, crdt-conflicts, mixed-workload');
    expect(help.status).toBe(0);
  });

  it('ends quietly when its reader has gone', async () => {
    const child = spawn(process.execPath, [MAIN, 'run', '--help'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
