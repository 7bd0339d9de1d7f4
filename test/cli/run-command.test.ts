import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Engine, runCommand } from '../../cli/commands/run.ts';
import type { Io } from '../../cli/io.ts';
import { resolveConfig } from '../../scenarios/config.ts';
import type { DeterminismOutcome, Result, RunHooks, RunInput } from '../../scenarios/result.ts';
import { AssertionError } from '../../sim/errors.ts';
import { fakeScenario } from '../scenarios/fake-scenario.ts';
import { recordedResult, recordingIo } from './recorded-result.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-run-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An engine that resolves the configuration and gives a recorded result. */
function fakeEngine(change: Partial<Result> = {}, during?: (hooks: RunHooks) => void) {
  const seen = { runs: 0, input: undefined as RunInput | undefined, result: undefined as Result | undefined };
  const run: Engine['run'] = async (input, hooks) => {
    seen.runs += 1;
    seen.input = input;
    const config = resolveConfig(input, typeof input.scenario === 'string' ? fakeScenario() : input.scenario);
    hooks.onStart?.(config);
    during?.(hooks);
    seen.result = recordedResult({ seed: config.seed, profile: config.profile, config, ...change });
    return { result: seen.result };
  };
  const checkDeterminism: Engine['checkDeterminism'] = async (input, hooks): Promise<DeterminismOutcome> => {
    await run(input, hooks);
    return { outcome: await run(input, hooks) };
  };
  const load = async (): Promise<Engine> => ({ run, checkDeterminism, scenarioNames: ['fake', 'other'] });
  return { seen, load };
}

/** Runs the command in the folder; a thrown error is kept as text. */
async function command(args: string[], engine = fakeEngine(), change: Partial<Io> = {}) {
  const io = recordingIo({ cwd: folder, ...change });
  let code: number | undefined;
  let thrown = '';
  try {
    code = await runCommand(args, io, engine.load);
  } catch (error) {
    thrown = (error as Error).message;
  }
  return { code, thrown, io, seen: engine.seen };
}

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

describe('squall run', () => {
  it('prints header, summary and verdict, and exits with 0', async () => {
    const { code, io } = await command(['fake', '--seed', '42']);
    expect(code).toBe(0);
    expect(io.stdout).toMatch(/^squall 0\.1\.0 · fake · light · seed 42\n {2}users/);
    expect(io.stdout).toMatch(/\n✓ passed\n$/);
    expect(io.stdout).not.toContain('repeat it with');
    expect(io.stderr).toBe('');
  });

  it('draws a seed that was left out, prints it and repeats with it', async () => {
    const { io, seen } = await command(['fake', '--users', '5'], fakeEngine({ verdict: 'safety' }));
    expect(seen.input?.seed).toBe('drawn');
    expect(io.stdout).toContain('seed drawn\n');
    expect(io.stdout).toMatch(/repeat it with:\n {2}npx squall run fake --users 5 --seed drawn\n$/);
  });

  it('draws no seed where the configuration file has one', async () => {
    write('squall.config.json', '{"seed": "of-file", "users": 7}');
    const { io, seen } = await command(['fake'], fakeEngine({ verdict: 'threshold' }));
    expect(seen.result).toMatchObject({ seed: 'of-file', config: { users: 7 } });
    expect(io.stdout).toMatch(/npx squall run fake --config squall\.config\.json\n$/);
  });

  it('quotes the repeating command for a shell', async () => {
    const { io } = await command(
      ['fake', '--seed', "it's", '--set', 'thresholds.requests=p(95)<200'],
      fakeEngine({ verdict: 'threshold' }),
    );
    expect(io.stdout).toContain("npx squall run fake --seed 'it'\\''s' --set 'thresholds.requests=p(95)<200'\n");
  });

  it.each([
    ['safety', 1],
    ['liveness', 4],
    ['threshold', 99],
    ['interrupted', 130],
  ] as const)('with the verdict %s exits with %d', async (verdict, code) => {
    expect((await command(['fake', '--seed', '1'], fakeEngine({ verdict }))).code).toBe(code);
  });

  it('prints neither header nor progress with --quiet, and every key with --verbose', async () => {
    const progress = (hooks: RunHooks) => {
      for (let second = 0; second < 20; second += 1) {
        hooks.onProgress?.({ virtualUs: second * 1e6, endUs: 20e6, phase: 'hold', events: second });
      }
    };
    const loud = await command(['fake', '--seed', '1'], fakeEngine({}, progress));
    expect(loud.io.stderr.split('\n').length).toBeGreaterThan(2);
    const quiet = await command(['fake', '--seed', '1', '--quiet'], fakeEngine({}, progress));
    expect(quiet.io.stderr).toBe('');
    expect(quiet.io.stdout).toMatch(/^sync-relay · light/);
    const verbose = await command(['fake', '--seed', '1', '--verbose']);
    expect(verbose.io.stdout).toContain('\n  network.latencyMsMean = 29\n');
  });

  it('rewrites its progress line only on a terminal that no machine watches', async () => {
    const progress = (hooks: RunHooks) => hooks.onProgress?.({ virtualUs: 1, endUs: 2, phase: 'hold', events: 3 });
    const shown = async (change: Partial<Io>) =>
      (await command(['fake', '--seed', '1'], fakeEngine({}, progress), change)).io.stderr;
    expect(await shown({ errIsTerminal: true })).toContain('\r');
    expect(await shown({ errIsTerminal: true, env: { CI: 'true' } })).not.toContain('\r');
    expect(await shown({})).not.toContain('\r');
  });

  it('has colours only on a terminal without NO_COLOR and CI', async () => {
    const shown = async (change: Partial<Io>) =>
      (await command(['fake', '--seed', '1'], fakeEngine(), change)).io.stdout;
    expect(await shown({ outIsTerminal: true })).toContain('\u001b[');
    expect(await shown({ outIsTerminal: true, env: { NO_COLOR: '1' } })).not.toContain('\u001b[');
    expect(await shown({ outIsTerminal: true, env: { CI: '1' } })).not.toContain('\u001b[');
    expect(await shown({})).not.toContain('\u001b[');
  });

  it('writes the whole result with --json', async () => {
    const { seen } = await command(['fake', '--seed', '1', '--json', 'out.json']);
    expect(JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(seen.result)));
    expect(readdirSync(folder)).toEqual(['out.json']);
  });

  it('runs nothing where the result could not be written', async () => {
    const { thrown, io, seen } = await command(['fake', '--seed', '1', '--json', 'missing/out.json']);
    expect(thrown).toBe('ERR_FILE --json: got "missing/out.json", expected a file in a folder that exists');
    expect(seen.runs).toBe(0);
    expect(io.stdout).toBe('');
  });

  it('aborts the run at the first interrupt and prints what there is', async () => {
    const io = recordingIo({ cwd: folder });
    let aborted = false;
    const engine = fakeEngine({ verdict: 'interrupted' }, (hooks) => {
      io.interrupt();
      aborted = hooks.signal?.aborted === true;
    });
    expect(await runCommand(['fake', '--seed', '1'], io, engine.load)).toBe(130);
    expect(aborted).toBe(true);
    expect(io.stdout).toContain('✗ interrupted: what is above is what there was (exit 130)');
  });

  it('names the scenarios where none is given', async () => {
    expect((await command([])).thrown).toBe('ERR_CONFIG scenario: got nothing, expected one of fake, other, or a file');
  });

  it('lists scenarios and flags as help, and gives the version', async () => {
    const { io, code } = await command(['--help']);
    expect(code).toBe(0);
    expect(io.stdout).toContain('scenarios: fake, other, or a file of your own\n');
    expect(io.stdout).toContain('  --think-scale <factor>');
    expect((await command(['--version'])).io.stdout).toBe('0.1.0\n');
  });
});

describe('files that a person names', () => {
  it('a profile takes its name from the file', async () => {
    write('mine.json', '{"users": 3, "durationMs": 9000}');
    const { seen } = await command(['fake', '--seed', '1', '--profile', './mine.json', '--users', '4']);
    expect(seen.result).toMatchObject({ profile: 'mine', config: { users: 4, durationMs: 9000 } });
  });

  it('faults come from a file, with --set over them', async () => {
    write('storms.json', '{"lossRate": 0.1, "duplicateRate": 0.2}');
    const { seen } = await command(['fake', '--seed', '1', '--faults', 'storms.json', '--set', 'faults.lossRate=0.3']);
    expect(seen.result?.config.faults).toMatchObject({
      name: 'storms',
      lossRate: 0.3,
      duplicateRate: 0.2,
      skewMsMax: 0,
    });
  });

  it('that hold no object are refused', async () => {
    write('list.json', '[1]');
    const { thrown } = await command(['fake', '--seed', '1', '--profile', 'list.json']);
    expect(thrown).toBe('ERR_FILE --profile: got "list.json", expected a file that holds an object of keys');
  });

  it('a scenario is imported and must be one', async () => {
    write('not.mjs', 'export default { name: "x" };');
    const zod = JSON.stringify(import.meta.resolve('zod'));
    const own = '{ name: "own", title: "Own", workload: z.object({}), build() {} }';
    write('own.mjs', `import { z } from ${zod};\nexport default ${own};`);
    expect((await command(['./not.mjs', '--seed', '1'])).thrown).toBe(
      'ERR_FILE scenario: got "./not.mjs", expected a file whose default export is a scenario with name, title, workload (a zod object) and build',
    );
    const io = recordingIo({ cwd: folder });
    let received: RunInput['scenario'] | undefined;
    const engine: Engine = {
      run: async (input) => {
        received = input.scenario;
        return { result: recordedResult() };
      },
      checkDeterminism: () => Promise.reject(new Error('not asked for')),
      scenarioNames: [],
    };
    expect(await runCommand(['own.mjs', '--seed', '1'], io, async () => engine)).toBe(0);
    expect(received).toMatchObject({ name: 'own' });
  });
});

describe('what ends a run early', () => {
  const failing = (error: Error) =>
    fakeEngine({}, () => {
      throw error;
    });

  it('bad input is one line and exit 2', async () => {
    const { code, io } = await command(['fake', '--seed', '1', '--users', '-5']);
    expect(code).toBe(2);
    expect(io.stderr).toBe('ERR_CONFIG --users: got -5, expected ≥ 1\n');
    expect(io.stdout).toBe('');
  });

  it('a bug of ours is exit 3, with a hint and the command, without a stack', async () => {
    const { code, io } = await command(['fake'], failing(new AssertionError('cursor went back')));
    expect(code).toBe(3);
    expect(io.stderr).toBe(
      'squall: AssertionError: cursor went back\n' +
        'This is a bug, of squall or of the scenario that was run; SQUALL_DEBUG=1 shows where.\n' +
        'repeat it with:\n  npx squall run fake --seed drawn\n',
    );
  });

  it('ambient time in simulated code is exit 3 with its own hint', async () => {
    const error = Object.assign(new Error('Date.now in device 3'), { name: 'AmbientAccessError' });
    const { code, io } = await command(['fake', '--seed', '1'], failing(error));
    expect(code).toBe(3);
    expect(io.stderr).toContain('Simulated code may read no real clock and no entropy');
  });

  it('shows the stack when it is asked for', async () => {
    const { io } = await command(['fake'], failing(new AssertionError('x')), { env: { SQUALL_DEBUG: '1' } });
    expect(io.stderr).toMatch(/\n {4}at /);
  });

  it('takes the progress line away before an error is said', async () => {
    const engine = fakeEngine({}, (hooks) => {
      hooks.onProgress?.({ virtualUs: 1, endUs: 2, phase: 'hold', events: 3 });
      throw new AssertionError('x');
    });
    const { io } = await command(['fake'], engine, { errIsTerminal: true });
    expect(io.stderr).toContain('\r\u001b[Ksquall: AssertionError');
  });
});

describe('--check-determinism', () => {
  it('runs twice, prints the header once and passes where both agree', async () => {
    const { code, io, seen } = await command(['fake', '--seed', '1', '--check-determinism']);
    expect(code).toBe(0);
    expect(seen.runs).toBe(2);
    expect(io.stdout.split('squall 0.1.0').length).toBe(2);
  });

  it('prints both sides of the first event that differs and exits with 3', async () => {
    const engine: Engine = {
      run: () => Promise.reject(new Error('not asked for')),
      checkDeterminism: async () => ({
        outcome: { result: recordedResult() },
        mismatch: { event: 17, first: ['16 push', '17 pull'], second: ['16 push', '17 push'] },
      }),
      scenarioNames: [],
    };
    const io = recordingIo({ cwd: folder });
    const code = await runCommand(
      ['fake', '--seed', '1', '--check-determinism', '--json', 'o.json'],
      io,
      async () => engine,
    );
    expect(code).toBe(3);
    expect(io.stdout).toContain('✗ failed: two runs of one seed differ (exit 3)');
    expect(io.stdout).toContain(
      'two runs of this seed part at event 17:\n  first run\n    16 push\n    17 pull\n  second run\n    16 push\n    17 push\n',
    );
    expect(JSON.parse(readFileSync(join(folder, 'o.json'), 'utf8'))).toMatchObject({ verdict: 'nondeterministic' });
  });
});
