// The live view of a hunt, as the command opens, feeds and leaves it. The screen is a stand-in; storms are real.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { huntCommand } from '../../../cli/commands/hunt.ts';
import type { HuntResult } from '../../../cli/hunt-result.ts';
import type { Io, ScreenPort } from '../../../cli/io.ts';
import type { HuntFrame } from '../../../cli/tui/messages.ts';
import type { ScreenOptions } from '../../../cli/tui/screen.ts';
import { PREFER_LOCAL } from '../finding-fixtures.ts';
import { recordingIo } from '../recorded-result.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-hunt-view-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const HUNT = ['crdt-conflicts', '--faults', 'none', '--workers', '2', '--seeds'];
const ENDLESS = [...HUNT, '1..1000000'];

/** A screen that asks for a frame now and then. */
class FakeScreen implements ScreenPort {
  readonly options: ScreenOptions;
  readonly frames: HuntFrame[] = [];
  readonly printedBefore: string;
  last: HuntFrame | undefined;
  left = 0;
  /** Where the view stays: resolves when somebody leaves it. */
  onEnd: () => Promise<void> = async () => undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(options: ScreenOptions, printedBefore: string, shown: (screen: FakeScreen) => void) {
    this.options = options;
    this.printedBefore = printedBefore;
    this.#timer = setInterval(() => {
      this.frames.push(options.frame('overview') as HuntFrame);
      shown(this);
    }, 20);
  }

  die(reason: string): void {
    clearInterval(this.#timer);
    this.options.isDead?.(reason);
  }

  async end(frame: Parameters<ScreenPort['end']>[0]): Promise<void> {
    this.last = frame('overview') as HuntFrame;
    await this.onEnd();
    await this.leave();
  }

  async leave(): Promise<void> {
    clearInterval(this.#timer);
    this.left++;
  }
}

async function watched(
  args: readonly string[],
  shown: (screen: FakeScreen) => void = () => undefined,
  change: Partial<Io> = {},
) {
  const screens: FakeScreen[] = [];
  const io = recordingIo({
    cwd: folder,
    outIsTerminal: true,
    nowMs: () => performance.now(),
    async openScreen(options) {
      const screen = new FakeScreen(options, io.stdout, shown);
      screens.push(screen);
      return screen;
    },
    ...change,
  });
  const code = await huntCommand(args, io);
  return { code, io, screens };
}

test('the view opens below the header, shows seeds and findings, and the summary comes after it has left', async () => {
  const args = [...HUNT, '1..8', '--documents', PREFER_LOCAL, '--max-findings', '1', '--json', 'out.json'];
  const { code, io, screens } = await watched(args);
  expect(code).toBe(1);
  const [screen] = screens;
  expect(screens.length).toBe(1);
  expect(screen!.options.open).toMatchObject({
    stays: false,
    hang: null,
    title: { kind: 'hunt', scenario: 'crdt-conflicts', seeds: '1..8', workers: 2, findingsMax: 1 },
  });
  expect(screen!.options.open.shareMax).toBeGreaterThanOrEqual(0.02);
  expect(screen!.printedBefore).toMatch(/hunt crdt-conflicts · seeds 1\.\.8/);
  expect(screen!.printedBefore).not.toContain('finding (exit');
  expect(screen!.left).toBe(1);
  expect(io.stderr).toBe('');
  expect(io.stdout).toContain('a safety finding (exit 1)');
  const { findings } = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')) as HuntResult;
  expect(screen!.frames[0]).toMatchObject({ done: 0, of: 8, verdict: null });
  expect(screen!.last).toMatchObject({ verdict: 'safety', share: 1, isOver: true });
  expect(screen!.last!.findings).toMatchObject([
    { signature: findings[0]!.signature, seed: findings[0]!.seed, state: 'kept', file: findings[0]!.file },
  ]);
});

test.each([
  ['--no-tui', ['--no-tui'], {}],
  ['--quiet', ['--quiet'], {}],
  ['CI', [], { env: { CI: 'true' } }],
  ['a terminal that can do nothing', [], { env: { TERM: 'dumb' } }],
  ['output that is no terminal', [], { outIsTerminal: false }],
])('with %s there is no view', async (_what, args, change) => {
  const { code, screens, io } = await watched([...HUNT, '1..4', ...args], undefined, change);
  expect(code).toBe(0);
  expect(screens).toEqual([]);
  expect(io.stdout).toContain('no findings');
});

test('quitting ends the hunt with its summary, as an interrupt does', async () => {
  const { code, io, screens } = await watched(ENDLESS, (screen) => {
    if (screen.frames.length === 3) screen.options.wish('quit');
  });
  expect(code).toBe(130);
  expect(screens[0]!.last).toMatchObject({ verdict: 'interrupted', isEnding: true });
  expect(io.stdout).toContain('✗ interrupted');
});

test('other keys change nothing', async () => {
  const { code } = await watched([...HUNT, '1..8'], (screen) => {
    for (const wish of ['pause', 'step', 'slower', 'faster'] as const) screen.options.wish(wish);
  });
  expect(code).toBe(0);
});

test('a signal ends the hunt and its view', async () => {
  let heard = (): void => undefined;
  const onInterrupt: Io['onInterrupt'] = (listener) => ((heard = listener), () => undefined);
  const { code, screens } = await watched(
    [...ENDLESS, '--stay'],
    (screen) => {
      if (screen.frames.length === 3) heard();
    },
    { onInterrupt },
  );
  expect(code).toBe(130);
  expect(screens[0]!.options.open.stays).toBe(true);
  expect(screens[0]!.left).toBe(1);
});

test('a signal takes away a view that stays after the end', async () => {
  let heard = (): void => undefined;
  const onInterrupt: Io['onInterrupt'] = (listener) => ((heard = listener), () => undefined);
  const { code, screens } = await watched(
    [...HUNT, '1..4', '--stay'],
    (screen) => {
      // It stays until it is told to leave.
      screen.onEnd = async () => {
        heard();
        while (screen.left === 0) await new Promise(setImmediate);
      };
    },
    { onInterrupt },
  );
  expect(code).toBe(0);
  expect(screens[0]!.left).toBeGreaterThan(0);
});

test('a hunt whose view is lost goes on with its line', async () => {
  const { code, io, screens } = await watched(
    [...HUNT, '1..400'],
    (screen) => {
      if (screen.frames.length === 2) screen.die('exit code 1');
    },
    { errIsTerminal: true },
  );
  expect(code).toBe(0);
  expect(screens[0]!.last).toBeUndefined();
  expect(io.stderr).toContain('squall: the live view is gone (exit code 1); the hunt goes on without it\n');
  expect(io.stderr).toMatch(/\r\d+ of 400 seeds/);
  expect(io.stdout).toContain('no findings');
});

test('a view that cannot open is said, and the hunt goes on', async () => {
  const openScreen: Io['openScreen'] = async () => {
    throw new Error('no more processes');
  };
  const { code, io } = await watched([...HUNT, '1..4'], undefined, { openScreen });
  expect(code).toBe(0);
  expect(io.stderr).toContain('the live view is gone (no more processes)');
});

test('what a hunt finds is the same with its view and without', async () => {
  const args = [...HUNT, '1..12', '--documents', PREFER_LOCAL, '--faults', 'swarm'];
  await watched([...args, '--findings', 'f', '--json', 'with.json']);
  rmSync(join(folder, 'f'), { recursive: true });
  await watched([...args, '--findings', 'f', '--json', 'without.json', '--no-tui']);
  const resultOf = (name: string) => {
    const { elapsedMs: _elapsedMs, ...result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as HuntResult;
    return result;
  };
  expect(resultOf('with.json')).toEqual(resultOf('without.json'));
});
