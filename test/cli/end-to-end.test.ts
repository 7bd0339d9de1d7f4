// `squall run` from its arguments to its exit code, as a process: what is printed, written and repeated.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Result } from '../../scenarios/result.ts';
import { resultSchema } from '../scenarios/result-schema.ts';
import { comparable, resultOf } from '../scenarios/runs.ts';
import { LIBRARY, squall } from './command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-run-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (file: string, ...lines: string[]) => writeFileSync(join(folder, file), `${lines.join('\n')}\n`);
const written = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Result;
const short = (...args: string[]) =>
  squall(
    folder,
    'run',
    'sync-relay',
    '--profile',
    'light',
    '--users',
    '10',
    '--duration',
    '5s',
    '--seed',
    '1',
    ...args,
  );

/** A scenario file: `turn` is what stands in the loop of its one user. */
function writeScenario(file: string, turn: string, outside = ''): void {
  write(
    file,
    `import { defineScenario, type World } from ${LIBRARY};`,
    outside,
    'export default defineScenario({',
    `  name: 'own',`,
    `  title: 'one user who reads',`,
    '  build(world: World) {',
    '    world.user(world.device(world.ledger(1)), function* () {',
    `      for (;;) { ${turn} }`,
    '    });',
    '  },',
    '});',
  );
}
const READS = `yield { name: 'read', steps: [{ do: 'pull' }], thinkUs: 1_000_000 };`;

/** The arguments of the command that is printed for a repetition. */
function repetition(stdout: string): string[] {
  const line = /repeat it with:\n {2}npx squall (.+)\n$/.exec(stdout)?.[1];
  expect(line).toBeDefined();
  return line!.split(' ').map((word) => word.replaceAll("'", ''));
}

describe('a run that passes', () => {
  it('prints header, summary and hashes, leaves nothing, and exits with 0', () => {
    const { status, stdout, stderr } = short();
    expect(stdout).toMatch(/^squall 0\.1\.0 · sync-relay · light · seed 1\n {2}users {5}10 /);
    expect(stdout).toMatch(/\n {2}offered rate \.+: [\d.]+ req\/s/);
    expect(stdout).toMatch(
      /\n {2}requests \.+: n=\d+ +min=\S+ +mean=\S+ +p50=\S+ +p90=\S+ +p95=\S+ +p99=\S+ +p99\.9=\S+ +max=/,
    );
    expect(stdout).toMatch(/\n✓ requests p\(95\)<500 \.+: [\d.]+ms\n/);
    expect(stdout).toMatch(/\n {2}trace hash {5}[0-9a-f]{16}\n {2}protocol hash {2}[0-9a-f]{16}\n\n✓ passed\n$/);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes a result of the form of the design, the same in two processes and in a library call', async () => {
    expect(short('--json', 'one.json').status).toBe(0);
    expect(short('--json', 'two.json', '--quiet').status).toBe(0);
    const [one, two] = [written('one.json'), written('two.json')];
    expect(resultSchema.parse(one)).toEqual(one);
    expect(comparable(two)).toEqual(comparable(one));
    const config = { users: 10, durationMs: 5000 };
    expect(comparable(one)).toEqual(comparable(await resultOf('sync-relay', config, { profile: 'light' })));
    expect(one.wallMs).toBeGreaterThan(0);
    expect(one.runtime.lockHash).toMatch(/^[0-9a-f]{16}$/);
    expect(readdirSync(folder).toSorted()).toEqual(['one.json', 'two.json']);
  });

  it('with a seed that was drawn can be made again with it', () => {
    const args = ['run', 'sync-relay', '--profile', 'storm', '--duration', '10s'];
    expect(squall(folder, ...args, '--json', 'one.json').status).toBe(0);
    const { seed } = written('one.json');
    expect(squall(folder, ...args, '--json', 'two.json', '--seed', seed).status).toBe(0);
    expect(written('two.json').traceHash).toBe(written('one.json').traceHash);
  });

  it('takes every flag that it lists', () => {
    write('squall.config.json', '{ "users": 3, "relay": { "workers": 2 } }');
    write('faults.json', '{ "lossRate": 0.01 }');
    const flags = `--profile storm --seed s --duration 10s --think-scale 2 --documents lww --side model --clock virtual
      --dialect 1.1 --network lte --faults ./faults.json --set client.batchSize=5 --set faults.duplicateRate=0.5
      --json out.json --no-tui --verbose`;
    const { status, stdout } = squall(folder, 'run', 'crdt-conflicts', ...flags.split(/\s+/));
    expect([0, 99]).toContain(status);
    expect(stdout).toContain('\n  client.batchSize = 5\n');
    expect(written('out.json').config).toMatchObject({
      users: 3,
      durationMs: 10_000,
      thinkScale: 2,
      relay: { workers: 2 },
      network: { name: 'lte' },
      faults: { name: 'faults', lossRate: 0.01, duplicateRate: 0.5 },
      client: { batchSize: 5 },
    });
  });
});

describe('a run that fails', () => {
  it('by a threshold exits with 99, and the printed command repeats it', () => {
    const { status, stdout } = short('--set', 'thresholds.requests=p(95)<1', '--json', 'one.json');
    expect(status).toBe(99);
    expect(stdout).toMatch(/\n✗ requests p\(95\)<1 \.+: [\d.]+ms\n/);
    expect(stdout).toContain('\n✗ failed: a threshold was crossed (exit 99)\n');
    const again = squall(folder, ...repetition(stdout).map((word) => word.replace('one.json', 'two.json')));
    expect(again.status).toBe(99);
    expect(written('two.json').traceHash).toBe(written('one.json').traceHash);
  });

  it('by a relay that takes no push exits with 4', () => {
    const { status, stdout } = short('--set', 'relay.bodyLimitBytes=200', '--set', 'drain.budgetMs=5000');
    expect(status).toBe(4);
    expect(stdout).toContain('\n✗ liveness: liveness (liveness:outbox)\n');
    expect(stdout).toContain('\n✗ failed: a liveness finding (exit 4; also threshold)\n');
  });

  it('with a seed that was drawn prints the seed in the command that repeats it', () => {
    const args = ['run', 'sync-relay', '--profile', 'storm', '--set', 'thresholds.requests=count<1'];
    const first = squall(folder, ...args);
    expect(first.status).toBe(99);
    const hash = (text: string) => /trace hash +(\w+)/.exec(text)?.[1];
    expect(hash(squall(folder, ...repetition(first.stdout)).stdout)).toBe(hash(first.stdout));
  });
});

describe('a scenario file of a person’s own', () => {
  it('is run by its path, with its parameters and thresholds from a configuration file', () => {
    write(
      'patient.ts',
      `import { defineScenario, workloadOf, z } from ${LIBRARY};`,
      'const workload = z.strictObject({ pauseMs: z.number().min(1).default(100) });',
      'export default defineScenario({',
      `  name: 'patient',`,
      `  title: 'one user who reads',`,
      '  workload,',
      `  defaults: () => ({ users: 1, thresholds: { requests: 'p(95)<5000' } }),`,
      '  build(world) {',
      '    const { pauseMs } = workloadOf(world.config, workload);',
      '    world.user(world.device(world.ledger(1)), function* () {',
      `      for (;;) yield { name: 'read', steps: [{ do: 'pull' }], thinkUs: pauseMs * 1000 };`,
      '    });',
      '  },',
      '});',
    );
    write(
      'mine.json',
      '{ "seed": "7", "workload": { "pauseMs": 2000 }, "thresholds": { "read_operations": "count<100" } }',
    );
    const args = ['run', './patient.ts', '--profile', 'storm', '--json', 'out.json'];
    const { status, stdout } = squall(folder, ...args, '--config', 'mine.json');
    expect(stdout).toMatch(/^squall 0\.1\.0 · patient · storm · seed 7\n/);
    expect(status).toBe(0);
    expect(written('out.json').config.workload).toEqual({ pauseMs: 2000 });
    expect(squall(folder, ...args, '--config', 'mine.json', '--set', 'workload.pauseMs=10').status).toBe(99);
    expect(squall(folder, ...args, '--seed', '7', '--set', 'workload.pauseMs=0').stderr).toBe(
      'ERR_CONFIG workload.pauseMs: got 0, expected ≥ 1\n',
    );
  });

  it.each([
    ['Math.random', 'Math.random();'],
    ['Date.now', 'Date.now();'],
    ['crypto.randomUUID', 'crypto.randomUUID();'],
    ['setTimeout', 'setTimeout(() => undefined, 5);'],
  ])('that uses %s is stopped with exit 3 and a line that names it', (source, use) => {
    writeScenario('ambient.ts', `${READS} ${use}`);
    const { status, stderr } = squall(folder, 'run', './ambient.ts', '--profile', 'storm', '--seed', '1');
    const [first, hint, repeat] = stderr.split('\n');
    expect(first).toMatch(/^squall: AmbientAccessError: /);
    expect(first).toContain(`${source} was used in simulated code at ${join(folder, 'ambient.ts')}:`);
    expect(hint).toMatch(/^Simulated code may read no real clock and no entropy/);
    expect(repeat).toBe('repeat it with:');
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(3);
  });

  it('that kept a reference to a source when it was loaded is stopped too', () => {
    writeScenario('ambient.ts', `${READS} draw(); now();`, 'const draw = Math.random, { now } = Date;');
    const { status, stderr } = squall(folder, 'run', './ambient.ts', '--profile', 'storm', '--seed', '1');
    expect(stderr).toMatch(/^squall: AmbientAccessError: Math\.random /);
    expect(status).toBe(3);
  });

  it('that breaks in the middle of a run is exit 3, without a stack unless it is asked for', () => {
    writeScenario('broken.ts', `${READS} throw new TypeError('no such account');`);
    const { status, stderr } = squall(folder, 'run', './broken.ts', '--profile', 'storm', '--seed', '1');
    expect(stderr).toMatch(/^squall: TypeError: no such account\nThis is a bug, of squall or of the scenario/);
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(3);
  });
});

describe('--check-determinism', () => {
  it('passes where two runs agree', () => {
    const { status, stdout } = short(
      '--check-determinism',
      '--faults',
      'lossy',
      '--set',
      'thresholds.requests_failed=rate<1',
      '--set',
      'thresholds.push_success_rate=rate>0',
      '--set',
      'thresholds.pull_success_rate=rate>0',
      '--set',
      'thresholds.requests=count>0',
      '--set',
      'thresholds.push_response_time=count>0',
      '--set',
      'thresholds.pull_response_time=count>0',
    );
    expect(stdout).toMatch(/\n✓ passed\n\n✓ deterministic: two runs of this seed, event for event the same\n$/);
    expect(status).toBe(0);
  });

  it('finds the first event at which two runs of a leaking scenario part, shows both sides, and exits with 3', () => {
    writeScenario(
      'leaking.ts',
      READS.replace('1_000_000', '1_000_000 + (turns++ < 500 ? 0 : turns)'),
      'let turns = 0;',
    );
    const args = ['run', './leaking.ts', '--profile', 'storm', '--seed', '1', '--json', 'out.json'];
    const { status, stdout } = squall(folder, ...args, '--duration', '10m', '--check-determinism');
    expect(status).toBe(3);
    expect(stdout).toContain('\n✗ failed: two runs of one seed differ (exit 3)\n');
    const [, event, first, second] =
      /two runs of this seed part at event (\d+):\n {2}first run\n((?: {4}#.*\n)+) {2}second run\n((?: {4}#.*\n)+)/.exec(
        stdout,
      )!;
    const [left, right] = [first!.split('\n').slice(0, -1), second!.split('\n').slice(0, -1)];
    expect(left.slice(0, -1)).toEqual(right.slice(0, -1));
    expect(left.at(-1)).not.toBe(right.at(-1));
    expect(left.at(-1)).toMatch(new RegExp(`^ {4}#${event} t=`));
    expect(written('out.json')).toMatchObject({ verdict: 'nondeterministic', scenario: 'own' });
    expect(repetition(stdout)).toContain('--check-determinism');
  });
});
