// Bad input through the command itself, as a process: one clear line, exit 2, nothing on standard output, nothing left.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIBRARY, MAIN, plainEnvironment, squall as squallIn } from './command.ts';

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
  mkdirSync(join(folder, 'directory.ts'));
  writeFileSync(join(folder, 'empty.json'), '');
  writeFileSync(join(folder, 'list.json'), '[1]');
  writeFileSync(join(folder, 'control.json'), '\u001b[31mred');
  writeFileSync(join(folder, 'threshold.json'), '{"thresholds": {"request": "p(95)<5"}}');
  writeFileSync(join(folder, 'faults.json'), '{"lossRat": 0.5}');
  writeFileSync(join(folder, 'throws.mjs'), 'throw new Error("one\\ntwo");');
  writeFileSync(join(folder, 'throws-nothing.mjs'), 'throw undefined;');
  writeFileSync(join(folder, 'bare.ts'), 'export const name = "bare";');
  writeFileSync(join(folder, 'syntax.ts'), 'export default { name: "x", build() { ');
  writeFileSync(join(folder, 'import.ts'), 'import x from "./nowhere.ts";\nexport default x;');
  writeFileSync(join(folder, 'half.ts'), 'export default { name: "half", build() {} };');
  const build = 'build() { throw new Error("no ledger\\nat all"); }';
  writeFileSync(
    join(folder, 'build.ts'),
    `import { defineScenario } from ${LIBRARY};\nexport default defineScenario({ name: 'own', title: 'Own', ${build} });`,
  );
  writeFileSync(
    join(folder, 'users.ts'),
    `import { defineScenario } from ${LIBRARY};\n` +
      `export default defineScenario({ name: 'own', title: 'Own', defaults: () => ({ users: -5 }), build() {} });`,
  );
  const loop = 'const next = world.simulation.handler("next", () => world.simulation.schedule(0, next));';
  writeFileSync(
    join(folder, 'still.ts'),
    `import { defineScenario } from ${LIBRARY};\nexport default defineScenario({ name: 'own', title: 'Own', ` +
      `build(world) { ${loop} world.simulation.schedule(7, next); } });`,
  );
  writeFileSync(join(folder, 'leaves.mjs'), 'process.exit(0);');
  writeFileSync(join(folder, 'waits.mjs'), 'await new Promise(() => {}); export default {};');
  mkdirSync(join(folder, 'script'));
  writeFileSync(join(folder, 'script', 'package.json'), '{"type": "commonjs"}');
  writeFileSync(join(folder, 'script', 'own.ts'), `import { z } from ${LIBRARY};\nexport default z;`);
  const action = (file: string, text: string): void =>
    writeFileSync(
      join(folder, file),
      `import { defineScenario } from ${LIBRARY};\nexport default defineScenario({ name: 'own', title: 'Own', ` +
        `build(world) { world.user(world.device(world.ledger(1)), function* () { for (;;) yield ${text}; }); } });`,
    );
  action('typo.ts', "{ name: 'x', steps: [{ do: 'pul' }], thinkUs: 5 }");
  action('back.ts', "{ name: 'x', steps: [{ do: 'pull' }], thinkUs: -5 }");
  action('at-once.ts', "{ name: 'x', steps: [], thinkUs: 0 }");
  before = readdirSync(folder).sort();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const squall = (...args: string[]) => squallIn(folder, ...args);
const run = (...args: string[]) => ['run', 'sync-relay', '--profile', 'storm', '--seed', '1', ...args];

const cases: [args: string[], line: string | RegExp][] = [
  [
    [],
    'ERR_CONFIG command: got nothing, expected one of run, hunt, replay, shrink, relay, baseline, report, merge, capacity, workload, history, calibrate (squall --help lists all)',
  ],
  [
    ['rnu'],
    'ERR_CONFIG command: got "rnu", expected one of run, hunt, replay, shrink, relay, baseline, report, merge, capacity, workload, history, calibrate (did you mean run?)',
  ],
  [['workload', 'fit', 'none.csv'], 'ERR_FILE arrivals: got "none.csv", expected a file that exists'],
  [
    ['workload', 'fit', 'control.json'],
    /^ERR_ARRIVALS arrivals: .*\(1 of 1 cannot be read; line 1: not a line of this /,
  ],
  [
    ['workload', 'fit', 'control.json', '--seed', '1'],
    /^ERR_CONFIG flag: got "--seed", expected a flag that squall workload/,
  ],
  [run('--arrivals', 'directory.json'), 'ERR_FILE --arrivals: got "directory.json", expected a file, not a directory'],
  [run('--scale', '3'), 'ERR_CONFIG --scale: got "3", expected only with --arrivals'],
  [
    ['run', 'sync-rely', '--seed', '1'],
    /^ERR_CONFIG scenario: got "sync-rely", expected one of .*did you mean sync-relay\?/,
  ],
  [['run', './leaves.mjs'], /^ERR_FILE the process ended before the command did: /],
  [run('--config', 'waits.mjs'), /^ERR_FILE the process ended before the command did: /],
  [['run', './script/own.ts'], /^ERR_FILE scenario: .*; end its name in \.mts or \.mjs, or set "type": "module"/],
  [
    ['run', './typo.ts', '--quiet'],
    /^ERR_SCENARIO an action of user 0: steps\[0\]\.do: got "pul", expected edit, push/,
  ],
  [
    ['run', './back.ts', '--quiet'],
    'ERR_SCENARIO an action of user 0: thinkUs: got -5, expected whole microseconds ≥ 0',
  ],
  [['run', './at-once.ts', '--quiet'], /^ERR_SCENARIO scenario: got "own", expected a virtual time that moves on/],
  [['run', './no-such.ts'], 'ERR_FILE scenario: got "./no-such.ts", expected a file that exists'],
  [['run', './broken.mjs'], /^ERR_FILE scenario: got "\.\/broken\.mjs", expected a module that loads \(.+\)$/],
  [run('--usres', '5'), 'ERR_CONFIG flag: got "--usres", expected a known flag (did you mean --users?)'],
  [run('--users', '-5'), 'ERR_CONFIG --users: got -5, expected ≥ 1'],
  [
    run('--users', '600000'),
    'ERR_CONFIG --users: got 600000, expected ≤ 524288 (2 devices each, at most 1048576 in a run)',
  ],
  [run('--users', 'many'), 'ERR_CONFIG --users: got "many", expected a number'],
  [
    run('--duration', '-5s'),
    'ERR_CONFIG --duration: got "-5s", expected ≥ 1ms: a duration such as 250ms, 30s, 5m, 1h30m',
  ],
  [run('--duration', '0'), 'ERR_CONFIG --duration: got "0", expected ≥ 1ms: a duration such as 250ms, 30s, 5m, 1h30m'],
  [
    run('--profile', 'ligth'),
    'ERR_CONFIG --profile: got "ligth", expected one of storm, light, medium, heavy (did you mean light?)',
  ],
  [run('--profile', './none.json'), 'ERR_FILE --profile: got "./none.json", expected a file that exists'],
  [run('--profile', './profile.json'), /^ERR_CONFIG ramp: got 5, expected .+ \(in profile profile\)$/],
  [run('--documents', 'yjsx'), /^ERR_CONFIG documents: got "yjsx", expected one of lww, yjs \(did you mean yjs\?\)$/],
  [
    run('--side', 'injekt'),
    'ERR_CONFIG --side: got "injekt", expected model, inject, spawn, or the address of a relay such as http://127.0.0.1:8787',
  ],
  [run('--clock', 'wall'), 'ERR_CONFIG --clock: got "wall", expected virtual on side model'],
  [run('--dialect', '2'), /^ERR_CONFIG --dialect: got "2", expected one of 1\.0, 1\.1/],
  [run('--network', 'brodband'), /^ERR_CONFIG --network: got "brodband", .* \(did you mean broadband\?\)$/],
  [
    run('--faults', 'chaotic'),
    'ERR_CONFIG --faults: got "chaotic", expected one of none, lossy, partitions, crashes, skew, chaos, swarm',
  ],
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
  [run('--json', '/dev/null'), 'ERR_FILE --json: got "/dev/null", expected a regular file'],
  [run('--json', ''), 'ERR_FILE --json: got "", expected a file to write'],
  [['run', './directory.ts'], 'ERR_FILE scenario: got "./directory.ts", expected a file, not a directory'],
  [['run', './bare.ts'], 'ERR_FILE scenario: got "./bare.ts", expected a module with a default export'],
  [['run', './syntax.ts'], /^ERR_FILE scenario: got "\.\/syntax\.ts", expected a module that loads \(.+\)$/],
  [
    ['run', './import.ts'],
    /^ERR_FILE scenario: got "\.\/import\.ts", expected a module that loads \(.*nowhere\.ts.*\)$/,
  ],
  [
    ['run', './half.ts'],
    'ERR_FILE scenario: got "./half.ts", expected a file whose default export is a scenario with name, title, workload (a zod object) and build',
  ],
  [
    ['run', './build.ts', '--json', 'out.json'],
    'ERR_SCENARIO scenario: got "own", expected a build that does not throw (no ledger at all)',
  ],
  [
    ['run', './still.ts', '--seed', '1', '--quiet'],
    /^ERR_SCENARIO scenario: got "own", expected a virtual time that moves on \(\d+ events at 7 µs\)$/,
  ],
  [['run', './users.ts'], 'ERR_CONFIG users: got -5, expected ≥ 1 (in the defaults of scenario own)'],
  [['run', 'sync-relay', 'light'], 'ERR_CONFIG argument: got "light", expected nothing more than one scenario'],
  [['run', 'sync-relay', '--seed', ''], 'ERR_CONFIG --seed: got "", expected a text that is not empty'],
  [['run', 'sync-relay', '--seed'], 'ERR_CONFIG --seed: got nothing, expected a value'],
  [run('--duration', '30s5m'), 'ERR_CONFIG --duration: got "30s5m", expected a duration such as 250ms, 30s, 5m, 1h30m'],
  [run('--think-scale', '0'), 'ERR_CONFIG --think-scale: got 0, expected > 0'],
  [run('--quiet=yes'), 'ERR_CONFIG --quiet: got "yes", expected no value'],
  [run('-x'), 'ERR_CONFIG flag: got "-x", expected a flag that squall run --help lists'],
  [run('--set', 'users'), 'ERR_CONFIG --set: got "users", expected key=value, such as network.latencyMsMean=50'],
  [
    run('--set', 'workload.thinkMsMin=9000'),
    'ERR_CONFIG workload.thinkMsMin: got 9000, expected ≤ workload.thinkMsMax (5000)',
  ],
  [
    run('--set', 'workload.thinkMsMinn=9000'),
    'ERR_CONFIG workload.thinkMsMinn: got 9000, expected a known key (did you mean workload.thinkMsMin?)',
  ],
  [
    run('--set', 'thresholds.request=p(95)<5', '--json', 'out.json'),
    'ERR_CONFIG thresholds.request: got "p(95)<5", expected a known metric (did you mean requests?)',
  ],
  [
    run('--set', 'thresholds.requests=rate>5'),
    'ERR_CONFIG thresholds.requests: got "rate>5", expected for a trend one of p(x), med, avg, mean, min, max, count',
  ],
  [
    run('--config', 'threshold.json'),
    'ERR_CONFIG thresholds.request: got "p(95)<5", expected a known metric (did you mean requests?)',
  ],
  [run('--config', 'list.json'), 'ERR_CONFIG list.json: got a list of 1, expected an object of configuration keys'],
  [run('--config', 'empty.json'), /^ERR_FILE --config: got "empty\.json", expected a readable JSON file \(.+\)$/],
  // Nothing of a file reaches the terminal as more than text.
  [
    run('--config', 'control.json'),
    /^ERR_FILE --config: got "control\.json", expected a readable JSON file \(\P{Cc}+\)$/u,
  ],
  [run('--config', 'throws.mjs'), 'ERR_FILE --config: got "throws.mjs", expected a module that loads (one)'],
  [
    run('--config', 'throws-nothing.mjs'),
    'ERR_FILE --config: got "throws-nothing.mjs", expected a module that loads (undefined)',
  ],
  [
    run('--faults', 'faults.json'),
    'ERR_CONFIG faults.lossRat: got 0.5, expected a known key (did you mean faults.lossRate?)',
  ],
  [run('--profile', 'list.json'), 'ERR_FILE --profile: got "list.json", expected a file that holds an object of keys'],
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

// The superuser may read and write everything.
describe.skipIf(process.getuid?.() === 0)('without permission', () => {
  it('to read a file is one line and exit 2', () => {
    const file = join(folder, 'misspelt.json');
    chmodSync(file, 0o000);
    const { status, stderr } = squall(...run('--config', 'misspelt.json'));
    chmodSync(file, 0o644);
    expect(stderr).toBe('ERR_FILE --config: got "misspelt.json", expected a readable JSON file (no permission)\n');
    expect(status).toBe(2);
  });

  it('to write to the folder of a result is one line and exit 2', () => {
    chmodSync(folder, 0o555);
    const { status, stdout, stderr } = squall(...run('--json', 'out.json'));
    chmodSync(folder, 0o755);
    expect(stderr).toBe('ERR_FILE --json: got "out.json", expected a file that can be written (no permission)\n');
    expect(stdout).toBe('');
    expect(status).toBe(2);
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
    const child = spawn(process.execPath, [MAIN, 'run', '--help'], {
      cwd: folder,
      env: plainEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
