// The live view of a run, as the command opens, feeds and leaves it. The screen is a stand-in; the runs are real.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../../../cli/commands/run.ts';
import type { Io, ScreenPort } from '../../../cli/io.ts';
import type { RunFrame, Wish } from '../../../cli/tui/messages.ts';
import type { ScreenOptions } from '../../../cli/tui/screen.ts';
import type { Result } from '../../../scenarios/result.ts';
import type { Operation } from '../../../scenarios/watch/snapshot.ts';
import { recordingIo } from '../recorded-result.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-view-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const STORM = ['crdt-conflicts', '--profile', 'storm', '--seed', '7'];
const LOAD = ['sync-relay', '--profile', 'light', '--seed', '42', '--duration', '20s'];

/** A screen that asks for a frame at each turn of the event loop, and tells what it was shown. */
class FakeScreen implements ScreenPort {
  readonly options: ScreenOptions;
  readonly frames: RunFrame[] = [];
  last: RunFrame | undefined;
  hasLeft = false;
  printedBefore = '';
  readonly #shown: (screen: FakeScreen) => void;
  #isDead = false;

  constructor(options: ScreenOptions, shown: (screen: FakeScreen) => void) {
    this.options = options;
    this.#shown = shown;
    setImmediate(() => this.#ask());
  }

  wish(wish: Wish): void {
    this.options.wish(wish);
  }

  die(reason: string): void {
    this.#isDead = true;
    this.options.isDead?.(reason);
  }

  async end(frame: Parameters<ScreenPort['end']>[0]): Promise<void> {
    this.hasLeft = true;
    this.last = frame('overview') as RunFrame;
  }

  async leave(): Promise<void> {
    this.hasLeft = true;
  }

  #ask(): void {
    if (this.hasLeft || this.#isDead) return;
    this.frames.push(this.options.frame('overview') as RunFrame);
    this.#shown(this);
    setImmediate(() => this.#ask());
  }
}

interface Watched {
  code: number | undefined;
  io: ReturnType<typeof recordingIo>;
  screens: FakeScreen[];
}

async function watched(
  args: string[],
  shown: (screen: FakeScreen) => void = () => undefined,
  change: Partial<Io> = {},
): Promise<Watched> {
  const screens: FakeScreen[] = [];
  let nowMs = 0;
  const io = recordingIo({
    cwd: folder,
    outIsTerminal: true,
    env: {},
    nowMs: () => (nowMs += 0.5),
    async openScreen(options) {
      const screen = new FakeScreen(options, shown);
      screen.printedBefore = io.stdout;
      screens.push(screen);
      return screen;
    },
    ...change,
  });
  const code = await runCommand(args, io);
  return { code, io, screens };
}

function resultOf(name: string): Result {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Result;
}

test('the view opens below the header, shows the run as it goes, and the summary comes after it has left', async () => {
  const { code, io, screens } = await watched(LOAD);
  expect(code).toBe(0);
  const [screen] = screens;
  expect(screens.length).toBe(1);
  expect(screen!.printedBefore).toMatch(/^\S*squall .* sync-relay .* seed 42/);
  expect(screen!.printedBefore).not.toContain('passed');
  expect(screen!.hasLeft).toBe(true);
  expect(io.stdout).toContain('passed');
  expect(io.stderr).toBe('');
  const { frames, last } = screen!;
  expect(frames.length).toBeGreaterThan(5);
  expect(frames[0]!.verdict).toBeNull();
  expect(new Set(frames.map(({ snapshot }) => snapshot.phase))).toContain('hold');
  expect(last).toMatchObject({ verdict: 'passed', snapshot: { phase: 'done' } });
  expect(screen!.options.open).toMatchObject({ stays: false, title: { scenario: 'sync-relay', seed: '42' } });
  const times = frames.map(({ snapshot }) => snapshot.atUs);
  expect(times).toEqual([...times].sort((one, other) => one - other));
});

test('the last frame has the percentiles, thresholds and findings of the result file', async () => {
  const { screens } = await watched([...LOAD, '--json', 'r.json']);
  const result = resultOf('r.json');
  const { snapshot } = screens[0]!.last!;
  const trends = result.metrics.flatMap((metric) => (metric.type === 'trend' ? [metric] : []));
  expect(snapshot.operations.length).toBe(trends.length);
  for (const { name, values } of trends) {
    const { count, p50, p90, p95, p99, max } = values;
    const shown = snapshot.operations.find((operation: Operation) => operation.metric === name);
    expect(shown).toMatchObject({ count, p50, p90, p95, p99, max });
  }
  expect(snapshot.thresholds).toEqual(result.thresholds);
  expect(snapshot.events).toBe(result.events);
  expect(snapshot.atUs).toBe(result.durationMs * 1000);
  expect(snapshot.faults.fired).toEqual(result.faults);
});

test('a run is the same with its view and without', async () => {
  await watched([...STORM, '--faults', 'swarm', '--json', 'with.json']);
  await watched([...STORM, '--faults', 'swarm', '--json', 'without.json', '--no-tui']);
  const { wallMs: _with, ...seen } = resultOf('with.json');
  const { wallMs: _without, ...unseen } = resultOf('without.json');
  expect(seen).toEqual(unseen);
});

test.each([
  ['--no-tui', [...STORM, '--no-tui'], {}],
  ['--quiet', [...STORM, '--quiet'], {}],
  ['CI', STORM, { env: { CI: 'true' } }],
  ['a terminal that can do nothing', STORM, { env: { TERM: 'dumb' } }],
  ['output that is no terminal', STORM, { outIsTerminal: false }],
])('with %s there is no view', async (_what, args, change) => {
  const { code, screens, io } = await watched(args, undefined, change);
  expect(code).toBe(0);
  expect(screens).toEqual([]);
  expect(io.stdout).toContain('passed');
});

test('quitting ends the run with its summary, as an interrupt does', async () => {
  const { code, io, screens } = await watched(LOAD, (screen) => {
    if (screen.frames.length === 3) screen.wish('quit');
  });
  expect(code).toBe(130);
  expect(screens[0]!.last).toMatchObject({ verdict: 'interrupted' });
  expect(io.stdout).toContain('interrupted');
});

test('a paused run stands still, steps event by event, goes on, and is the same run', async () => {
  // A step goes over windows in which nothing happens, so it takes some turns.
  const TURNS = 200;
  const events = (screen: FakeScreen): number => screen.frames.at(-1)!.snapshot.events;
  const seen: number[] = [];
  let stepped: RunFrame['pace'] | undefined;
  const { code } = await watched([...STORM, '--json', 'r.json'], (screen) => {
    const count = screen.frames.length;
    if (count === 2) screen.wish('pause');
    if (count % TURNS === 0) {
      seen.push(events(screen));
      stepped ??= seen.length === 3 ? screen.frames.at(-1)!.pace : undefined;
      screen.wish(seen.length === 4 ? 'pause' : 'step');
    } else if (count === 10) seen.push(events(screen));
  });
  expect(code).toBe(0);
  const [start] = seen;
  expect(seen.slice(0, 4)).toEqual([start, start, start! + 1, start! + 2]);
  expect(stepped).toMatchObject({ isPaused: true });
  expect(stepped!.stepped.length).toBeGreaterThan(0);
  const traceHash = resultOf('r.json').traceHash;
  await watched([...STORM, '--json', 'again.json', '--no-tui']);
  expect(resultOf('again.json').traceHash).toBe(traceHash);
});

test('a run that is paused ends where it stands when it is quit', async () => {
  const { code } = await watched(LOAD, (screen) => {
    if (screen.frames.length === 2) screen.wish('pause');
    if (screen.frames.length === 6) screen.wish('quit');
  });
  expect(code).toBe(130);
});

test('an interrupt ends a paused run', async () => {
  let heard: () => void = () => undefined;
  const change: Partial<Io> = { onInterrupt: (listener) => ((heard = listener), () => undefined) };
  const paused = (screen: FakeScreen): void => {
    if (screen.frames.length === 2) screen.wish('pause');
    if (screen.frames.length === 6) heard();
  };
  expect((await watched(LOAD, paused, change)).code).toBe(130);
});

test('a run whose view is lost goes on in plain lines', async () => {
  const { code, io } = await watched(LOAD, (screen) => {
    if (screen.frames.length === 2) {
      screen.wish('pause');
      screen.die('exit code 1');
    }
  });
  expect(code).toBe(0);
  expect(io.stderr).toContain('squall: the live view is gone (exit code 1); the run goes on without it\n');
  expect(io.stdout).toContain('passed');
});

test('a view that cannot open is said, and the run goes on', async () => {
  const openScreen: Io['openScreen'] = async () => {
    throw new Error('no more processes');
  };
  const { code, io } = await watched(STORM, undefined, { openScreen });
  expect(code).toBe(0);
  expect(io.stderr).toContain('the live view is gone (no more processes)');
});

test('a run that fails leaves the view before it says why', async () => {
  const file = join(folder, 'throws.ts');
  const example = new URL('../../../docs/examples/households.ts', import.meta.url).href;
  writeFileSync(
    file,
    `import households from '${example}';
export default { ...households, name: 'throws', build(world) {
  households.build(world);
  world.simulation.schedule(1000, world.simulation.handler('throws', () => { throw new Error('no such turn'); }));
} };
`,
  );
  let hadLeft: boolean | undefined;
  const screens: FakeScreen[] = [];
  const io = recordingIo({
    cwd: folder,
    outIsTerminal: true,
    env: {},
    async openScreen(options) {
      const screen = new FakeScreen(options, () => undefined);
      screens.push(screen);
      return screen;
    },
  });
  const { err } = io;
  io.err = (text) => {
    hadLeft ??= screens[0]?.hasLeft;
    err.call(io, text);
  };
  expect(await runCommand([file, '--profile', 'storm'], io)).toBe(3);
  expect(hadLeft).toBe(true);
});

test('a check of determinism shows two runs, one after the other', async () => {
  const { code, screens } = await watched([...STORM, '--check-determinism']);
  expect(code).toBe(0);
  expect(screens.length).toBe(1);
  const runs = screens[0]!.frames.map(({ run }) => `${run.number} of ${run.of}`);
  expect([...new Set(runs)]).toEqual(['1 of 2', '2 of 2']);
});
