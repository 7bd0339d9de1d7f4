// An interrupt of the command as a process, in the middle of a run.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resultSchema } from '../scenarios/result-schema.ts';
import { LIBRARY, MAIN, plainEnvironment } from './command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-interrupt-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Nothing that a test starts goes on for ever, whatever becomes of the test. */
const ENDS = { timeout: 50_000, killSignal: 'SIGKILL' } as const;

/** A day of the heavy profile: nobody waits for its end. */
const DAY = ['--profile', 'heavy', '--duration', '24h', '--seed', '1'];

/** Runs a scenario, interrupts it as soon as it has said something, and gives how it ended. */
async function interrupted(scenario: string, ...args: string[]) {
  return stopped('SIGINT', scenario, ...args);
}

async function stopped(by: NodeJS.Signals, scenario: string, ...args: string[]) {
  const child = spawn(process.execPath, [MAIN, 'run', scenario, ...DAY, ...args], {
    cwd: folder,
    env: plainEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...ENDS,
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout === '') child.kill(by);
    stdout += text;
  });
  child.stderr.resume();
  const status = await new Promise((resolve) => child.on('close', resolve));
  return { status, stdout };
}

it.each(['sync-relay', 'crdt-conflicts', 'mixed-workload'])(
  'an interrupt ends a run of %s, prints what there is and exits with 130',
  async (scenario) => {
    const { status, stdout } = await interrupted(scenario);
    expect(stdout).toMatch(/\n {2}requests_failed \.+: /);
    expect(stdout).toContain('✗ interrupted: what is above is what there was (exit 130)\n');
    expect(stdout.endsWith(`repeat it with:\n  npx squall run ${scenario} ${DAY.join(' ')}\n`)).toBe(true);
    expect(status).toBe(130);
  },
);

it('a request to end, as a CI system sends it, ends a run as an interrupt does', async () => {
  const { status, stdout } = await stopped('SIGTERM', 'sync-relay', '--json', 'out.json');
  expect(stdout).toContain('✗ interrupted');
  expect(status).toBe(130);
  expect(existsSync(join(folder, 'out.json'))).toBe(true);
});

it('an interrupt leaves a whole result file of what there is', async () => {
  const { status } = await interrupted('sync-relay', '--json', 'out.json');
  expect(status).toBe(130);
  const result = resultSchema.parse(JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')));
  expect(result).toMatchObject({ verdict: 'interrupted', findings: [], thresholds: [] });
  expect(result.durationMs).toBeLessThan(result.config.durationMs);
});

it('an interrupt of a determinism check ends it', async () => {
  const { status, stdout } = await interrupted('crdt-conflicts', '--check-determinism');
  expect(stdout).toContain('✗ interrupted');
  expect(status).toBe(130);
});

it('an interrupt while a world is still being built ends the process, and leaves nothing', async () => {
  writeFileSync(
    join(folder, 'slow.ts'),
    `import { defineScenario } from ${LIBRARY};
    export default defineScenario({
      name: 'slow',
      title: 'takes its time',
      build() {
        process.kill(process.pid, 'SIGINT');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
      },
    });`,
  );
  const args = [MAIN, 'run', './slow.ts', ...DAY, '--json', 'out.json'];
  const child = spawn(process.execPath, args, { cwd: folder, env: plainEnvironment(), stdio: 'ignore', ...ENDS });
  const signal = await new Promise((resolve) => child.on('close', (_code, by) => resolve(by)));
  expect(signal).toBe('SIGINT');
  expect(existsSync(join(folder, 'out.json'))).toBe(false);
});
