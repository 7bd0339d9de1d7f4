// Runs under the wall clock against real relays, sound and troubled ones. They take real time, so they are short; what is
// asserted of times compares figures of one run, since the machine may be busy.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeSides } from '../../relay-adapter/wire/sides.ts';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import { exitCodeOf, type Result } from '../../scenarios/result.ts';
import { drive, prepare } from '../../scenarios/run.ts';
import type { World } from '../../scenarios/world.ts';
import { MAIN, plainEnvironment } from '../cli/command.ts';
import { resultSchema } from './result-schema.ts';
import { startTroubledRelay, type Trouble, type TroubledOptions, type TroubledRelay } from './troubled-relay.ts';

const SECRET = 'a secret for tests, long enough';

/** A few users in a hurry; a busy machine makes no run inconclusive. */
const SHORT: ConfigLayer = {
  clock: 'wall',
  users: 6,
  durationMs: 3000,
  rampUpMs: 200,
  rampDownMs: 200,
  thinkScale: 0.02,
  client: { autoSyncMs: 1000 },
  wire: { scheduleErrorMsMax: 10_000 },
  drain: { budgetMs: 60_000 },
};

interface Driven {
  readonly result: Result;
  readonly world: World;
}

/** Called once, when so much of the run's time is over. */
type Plan = readonly (readonly [atMs: number, call: () => void])[];

async function wallRun(config: ConfigLayer, plan: Plan = [], scenario = 'sync-relay') {
  const prepared = await prepare({ scenario, profile: 'light', seed: '1', config: { ...SHORT, ...config } });
  const ahead = [...plan];
  const onProgress = ({ virtualUs }: { virtualUs: number }): void => {
    while (ahead[0] !== undefined && virtualUs >= ahead[0][0] * 1000) ahead.shift()![1]();
  };
  const { result } = await drive(prepared, { onProgress, clockMs: () => performance.now() });
  return { result, world: prepared.world } satisfies Driven;
}

function trendOf({ metrics }: Result, name: string) {
  const found = metrics.find((metric) => metric.name === name);
  if (found?.type !== 'trend') throw new Error(`no trend ${name} in the result`);
  return found.values;
}

function rateOf({ metrics }: Result, name: string) {
  const found = metrics.find((metric) => metric.name === name);
  if (found?.type !== 'rate') throw new Error(`no rate ${name} in the result`);
  return found.values;
}

function counted({ metrics }: Result, name: string): number {
  const found = metrics.find((metric) => metric.name === name);
  if (found?.type !== 'counter') throw new Error(`no counter ${name} in the result`);
  return found.values.count;
}

const oraclesOf = ({ findings }: Result): string[] => [...new Set(findings.map(({ signature }) => signature))].sort();

/** How many samples of a trend are above a time. */
function countAbove({ simulation }: World, name: string, ms: number): number {
  const total = simulation.metrics.trend(name).total();
  let above = 0;
  // Percentiles are the nearest rank: one of each sample's own gives that sample.
  for (let nth = 1; nth <= total.count; nth++) {
    if (total.percentileUs(((nth - 0.5) * 100) / total.count) > ms * 1000) above++;
  }
  return above;
}

const relays: TroubledRelay[] = [];

async function troubled(options: TroubledOptions = {}): Promise<TroubledRelay> {
  const relay = await startTroubledRelay(options);
  relays.push(relay);
  return relay;
}

const making = (relay: TroubledRelay, trouble: Trouble) => (): void => void relay.make(trouble);

afterEach(async () => {
  delete process.env['SQUALL_TOKEN_SECRET'];
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});
afterAll(() => closeSides());

describe('a run under the wall clock', () => {
  it('offers its load to a relay of its own in real time, measures it, and finds nothing lost', async () => {
    const { result } = await wallRun({ side: 'spawn', users: 10 });
    resultSchema.parse(structuredClone(result));
    expect(result.findings).toEqual([]);
    expect(result.load).toMatchObject({ reasons: [] });
    expect(result.offered.achieved).toBeGreaterThan(result.offered.rate * 0.5);
    expect(result.wallMs).toBeGreaterThanOrEqual(3000);
    expect(result.durationMs).toBeGreaterThanOrEqual(3000);
    // All has long settled when the budget of the drain is over.
    expect(result.durationMs).toBeLessThan(30_000);
    const requests = trendOf(result, 'requests').count;
    expect(requests).toBeGreaterThan(50);
    expect(trendOf(result, 'schedule_error').count).toBe(requests);
    const sent = trendOf(result, 'push_response_time_from_send').count;
    expect(sent + trendOf(result, 'pull_response_time_from_send').count).toBe(requests);
    expect(counted(result, 'changes_accepted')).toBeGreaterThan(50);
  });

  it('drives a relay at an address twice with tokens: the second run does not meet the data of the first one', async () => {
    process.env['SQUALL_TOKEN_SECRET'] = SECRET;
    const relay = await troubled({ tokenSecret: SECRET });
    const config = { side: relay.url, durationMs: 1500, client: { autoSyncMs: 4000 } };
    const first = await wallRun(config);
    const second = await wallRun(config);
    for (const { result } of [first, second]) {
      expect(result.findings).toEqual([]);
      expect(rateOf(result, 'requests_failed').passes).toBe(0);
      expect(counted(result, 'changes_accepted')).toBeGreaterThan(20);
      // Members are told: half of the changes would wait more than two seconds for a sync of their own.
      expect(trendOf(result, 'sync_latency').p50).toBeLessThan(1500);
    }
  });

  it('comes to agree with a relay without sockets for notifications, by the rhythm of the devices', async () => {
    const relay = await troubled({ hasSockets: false });
    const { result } = await wallRun({ side: relay.url, durationMs: 2000, client: { autoSyncMs: 1000 } });
    expect(result.findings).toEqual([]);
    expect(trendOf(result, 'sync_latency').p50).toBeGreaterThan(250);
  });

  it('is not begun where the relay’s tokens are signed with another secret', async () => {
    process.env['SQUALL_TOKEN_SECRET'] = 'another secret, long enough too';
    const relay = await troubled({ tokenSecret: SECRET });
    const begun = wallRun({ side: relay.url, durationMs: 1000, drain: { budgetMs: 500 } });
    await expect(begun).rejects.toThrow(/^ERR_CONFIG --side: .* it answered 401 /);
  });

  it.each([
    ['mixed-workload', { documents: 'yjs', users: 10, thinkScale: 0.05 }],
    ['crdt-conflicts', { users: 4, thinkScale: 0.2 }],
  ])('runs %s too', async (scenario, config) => {
    const { result } = await wallRun({ side: 'spawn', ...config }, [], scenario);
    expect(result.findings).toEqual([]);
    expect(counted(result, 'changes_accepted')).toBeGreaterThan(0);
    if (scenario === 'crdt-conflicts') expect(counted(result, 'concurrent_modifications')).toBeGreaterThan(0);
    else expect(counted(result, 'read_operations')).toBeGreaterThan(0);
  });

  it('ends in dialect 1.0 with what that cannot do: no device sees the changes of another one', async () => {
    const { result } = await wallRun({ side: 'spawn', durationMs: 1500, dialect: '1.0' });
    expect(oraclesOf(result)).toContain('delivery:never-delivered');
    expect(oraclesOf(result).filter((signature) => /^(protocol|durability|liveness)/.test(signature))).toEqual([]);
    expect(rateOf(result, 'requests_failed').passes).toBe(0);
  });
});

describe('times under the wall clock', () => {
  it('count from when a turn was due: what queued behind a stall is late, though it was sent after it', async () => {
    const relay = await troubled();
    const { result, world } = await wallRun({ side: relay.url, durationMs: 4500 }, [
      [1000, making(relay, { kind: 'stall', ms: 2000 })],
      [3000, making(relay, { kind: 'none' })],
    ]);
    expect(result.findings).toEqual([]);
    const late = countAbove(world, 'push_response_time', 500) + countAbove(world, 'pull_response_time', 500);
    const lateFromSend =
      countAbove(world, 'push_response_time_from_send', 500) + countAbove(world, 'pull_response_time_from_send', 500);
    expect(lateFromSend).toBeGreaterThan(0);
    expect(late).toBeGreaterThan(2 * lateFromSend);
  });

  it('leave the warm-up out: a relay that is slow for so long only has good figures', async () => {
    const relay = await troubled();
    await relay.make({ kind: 'slow', ms: 700 });
    const quick: Plan = [[800, making(relay, { kind: 'none' })]];
    const { result } = await wallRun(
      { side: relay.url, durationMs: 4000, warmUpMs: 2500, users: 3, thinkScale: 0.1 },
      quick,
    );
    expect(trendOf(result, 'requests').count).toBeGreaterThan(5);
    expect(trendOf(result, 'requests').p90).toBeLessThan(600);
    expect(result.findings).toEqual([]);
  });

  it('say that they are not to be relied on where the relay is too slow for the offered rate', async () => {
    const relay = await troubled();
    await relay.make({ kind: 'slow', ms: 800 });
    const { result } = await wallRun({ side: relay.url, durationMs: 2500, thresholds: {} }, [
      [2500, making(relay, { kind: 'none' })],
    ]);
    expect(result.findings).toEqual([]);
    expect(result.load!.reasons).toEqual([expect.stringMatching(/^[\d.]+ requests\/s of [\d.]+ offered$/)]);
    expect(result.verdict).toBe('inconclusive');
    expect(exitCodeOf(result)).toBe(98);
  });
});

describe('a relay in trouble, under the wall clock', () => {
  it('that refuses for a while, and cuts connections after the work is done, loses nothing', async () => {
    const relay = await troubled();
    const { result } = await wallRun({ side: relay.url }, [
      [500, making(relay, { kind: 'refuse', status: 503, code: 'UNAVAILABLE' })],
      [1200, making(relay, { kind: 'cut' })],
      [1900, making(relay, { kind: 'none' })],
    ]);
    expect(rateOf(result, 'requests_failed').passes).toBeGreaterThan(5);
    expect(result.findings).toEqual([]);
  });

  it('that refuses what the run begins with is found, and the run goes on', async () => {
    const relay = await troubled();
    await relay.make({ kind: 'refuse', status: 503, code: 'UNAVAILABLE' });
    const { result } = await wallRun(
      { side: relay.url, users: 4, durationMs: 1500, drain: { budgetMs: 1000 } },
      [[500, making(relay, { kind: 'none' })]],
      'crdt-conflicts',
    );
    const [refused] = result.findings.filter(({ signature }) => signature === 'protocol:differs');
    expect(refused!.detail).toMatchObject({
      got: 'UNAVAILABLE',
      expected: expect.stringMatching(/ accepted$/) as unknown,
    });
    expect(exitCodeOf(result)).toBe(1);
    // What it takes later is not held against it.
    expect(counted(result, 'changes_accepted')).toBeGreaterThan(0);
    expect(oraclesOf(result)).not.toContain('durability:lost');
  });

  it('that acknowledges what it does not store is found, though the load is not to be relied on either', async () => {
    const relay = await troubled();
    const { result } = await wallRun(
      { side: relay.url, durationMs: 2000, wire: { scheduleErrorMsMax: 0.001 }, drain: { budgetMs: 2000 } },
      [
        [500, making(relay, { kind: 'swallow' })],
        [1200, making(relay, { kind: 'none' })],
      ],
    );
    expect(oraclesOf(result)).toEqual(expect.arrayContaining(['durability:lost', 'protocol:other-log']));
    expect(result.load!.reasons).toEqual(expect.arrayContaining([expect.stringMatching(/^schedule error p99 /)]));
    expect(exitCodeOf(result)).toBe(1);
    resultSchema.parse(structuredClone(result));
  });

  it('that hands out its log in different orders is found', async () => {
    const relay = await troubled();
    const { result } = await wallRun({ side: relay.url, durationMs: 2000, drain: { budgetMs: 2000 } }, [
      [300, making(relay, { kind: 'mix' })],
    ]);
    expect(oraclesOf(result)).toContain('protocol:differs');
    expect(exitCodeOf(result)).toBe(1);
  });

  it('that dies is said to be silent; nobody says what it has lost', async () => {
    const relay = await troubled();
    const { result } = await wallRun({ side: relay.url, durationMs: 2000, drain: { budgetMs: 1000 } }, [
      [800, () => void relay.kill()],
    ]);
    expect(oraclesOf(result)).toEqual(['liveness:outbox+pull', 'protocol:unanswered']);
    expect(exitCodeOf(result)).toBe(1);
  });
});

describe('squall run --clock wall', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'squall-wall-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const WALL = ['run', 'sync-relay', '--profile', 'light', '--users', '5', '--seed', '1', '--clock', 'wall'];

  interface Started {
    readonly child: ChildProcess;
    /** Exit code, and the signal that ended it. */
    readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
    /** Resolves with the first line on standard output. */
    readonly begun: Promise<void>;
    /** Resolves with the first line of progress. */
    readonly underWay: Promise<void>;
  }

  /** Starts the command as the leader of a group of its own, as a terminal does. */
  function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: { ...plainEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      timeout: 50_000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    const begun = new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        resolve();
      });
    });
    const underWay = new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
        if (stderr.includes('real time')) resolve();
      });
    });
    const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      child.on('exit', (code) => setImmediate(() => resolve({ code, stdout, stderr })));
    });
    return { child, ended, begun, underWay };
  }

  /** Processes of a group that are alive. */
  function aliveIn(group: number): string[] {
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,stat='], { encoding: 'utf8' }).trim().split('\n');
    return lines.filter((line) => {
      const [, pgid, stat] = line.trim().split(/\s+/);
      return pgid === String(group) && !stat!.startsWith('Z');
    });
  }

  async function noneAliveIn(group: number): Promise<void> {
    await expect.poll(() => aliveIn(group), { timeout: 20_000, interval: 100 }).toEqual([]);
  }

  it('interrupted by Ctrl-C says what there is, and leaves no process', async () => {
    const { child, ended, begun } = start([...WALL, '--side', 'spawn', '--duration', '1h', '--json', 'out.json']);
    await begun;
    await expect.poll(() => aliveIn(child.pid!).length, { timeout: 20_000 }).toBeGreaterThan(1);
    process.kill(-child.pid!, 'SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(stdout).toContain('✗ interrupted: what is above is what there was');
    const result = resultSchema.parse(JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')));
    expect(result).toMatchObject({ verdict: 'interrupted', side: 'spawn', clock: 'wall' });
    await noneAliveIn(child.pid!);
  });

  it('killed by SIGKILL leaves no relay behind', async () => {
    const { child, ended, begun } = start([...WALL, '--side', 'spawn', '--duration', '1h']);
    await begun;
    await expect.poll(() => aliveIn(child.pid!).length, { timeout: 20_000 }).toBeGreaterThan(1);
    child.kill('SIGKILL');
    await ended;
    await noneAliveIn(child.pid!);
  });

  it('whose relay dies says so as a finding, and ends', async () => {
    const quick = ['--duration', '5s', '--set', 'drain.budgetMs=500'];
    const { child, ended, underWay } = start([...WALL, '--side', 'spawn', ...quick]);
    await underWay;
    const relay = aliveIn(child.pid!).map((line) => Number(line.trim().split(/\s+/)[0]));
    process.kill(
      relay.find((pid) => pid !== child.pid)!,
      'SIGKILL',
    );
    const { code, stdout, stderr } = await ended;
    expect(stdout).toContain('safety: protocol (protocol:unanswered)');
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(code).toBe(1);
    await noneAliveIn(child.pid!);
  });

  it('does not look as if it hung while it waits for real time, and says why figures are not to be relied on', async () => {
    const long = ['--duration', '5s', '--set', 'wire.scheduleErrorMsMax=0.001', '--set', 'client.autoSyncMs=1000'];
    const { ended } = start([...WALL, '--side', 'spawn', ...long], { SQUALL_HANG_MS: '3500' });
    const { code, stdout, stderr } = await ended;
    expect(stderr).not.toContain('did not come back');
    expect(stdout).toMatch(/\n {2}not to be relied on: schedule error p99 [\d.]+ ms, above 0\.001 ms\n/);
    expect(stdout).toContain('✗ inconclusive: the load was not what it was to be (exit 98');
    expect(code).toBe(98);
  });

  it('ends at once where nobody listens at the address', async () => {
    const { ended } = start([...WALL, '--side', 'http://127.0.0.1:1']);
    const { code, stderr } = await ended;
    expect(code).toBe(2);
    expect(stderr).toContain('--side: got "http://127.0.0.1:1", expected a relay that answers (refused)');
  });

  it.each([
    [['--side', 'spawn', '--check-determinism'], '--check-determinism: got "--clock wall", expected the virtual clock'],
    [['--side', 'spawn', '--faults', 'lossy'], 'none under the wall clock'],
    [['--side', 'spawn', '--set', 'relay.specimen=dropped-page-tie'], 'none under the wall clock'],
    [['--side', 'inject'], 'expected virtual on side inject'],
    [[], 'expected virtual on side model'],
  ])('with %s is refused', async (args, said) => {
    const { code, stderr } = await start([...WALL, ...args]).ended;
    expect(stderr).toContain(said);
    expect(code).toBe(2);
  });
});
