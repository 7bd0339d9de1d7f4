// The view's process without a terminal: what it says to its command, and how it ends.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Frame, FromView, ToView } from '../../../cli/tui/messages.ts';
import { frameInterval } from '../../../cli/tui/view.ts';
import { scriptedFrame, scriptedOpening, STAND_IN } from './scripted.ts';

let folder: string;
let view: ChildProcess;
let said: FromView[];
let printed: string;
let told: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-view-process-'));
  [said, printed, told] = [[], '', ''];
});
afterEach(() => {
  view.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a view, and waits for its first question. */
async function asked(changes: Parameters<typeof scriptedOpening>[0] = {}, env: NodeJS.ProcessEnv = {}): Promise<void> {
  view = fork(STAND_IN, [], {
    cwd: folder,
    execArgv: [],
    env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  view.stdout!.setEncoding('utf8').on('data', (text: string) => (printed += text));
  view.stderr!.setEncoding('utf8').on('data', (text: string) => (told += text));
  view.on('message', (message) => said.push(message as FromView));
  const next = heard();
  send(scriptedOpening(changes));
  expect(await next).toEqual({ kind: 'next', tab: 'overview' });
}

function send(message: ToView): void {
  view.send(message);
}

function show(frame: Frame): void {
  send({ kind: 'frame', frame });
}

function heard(): Promise<FromView> {
  return new Promise((resolve) => {
    view.once('message', (message) => resolve(message as FromView));
  });
}

function ended(): Promise<{ readonly code: number | null; readonly signal: string | null }> {
  return new Promise((resolve) => {
    view.once('close', (code, signal) => resolve({ code, signal }));
  });
}

it('touches nothing before it has a frame', async () => {
  await asked();
  const end = ended();
  send({ kind: 'leave' });
  expect(await end).toEqual({ code: 0, signal: null });
  expect(printed).toBe('');
});

it('asks for another frame when it has drawn one', async () => {
  await asked();
  for (const number of [1, 2, 3]) {
    const next = heard();
    show(scriptedFrame(number, 'hold'));
    expect(await next).toEqual({ kind: 'next', tab: 'overview' });
  }
  expect(printed).toContain('frame 1 hold');
});

it('draws the last frame, says so and leaves', async () => {
  await asked();
  const end = ended();
  send({ kind: 'end', frame: scriptedFrame(9, 'done') });
  expect(await end).toEqual({ code: 0, signal: null });
  expect(said.at(-1)).toEqual({ kind: 'ended' });
  expect(printed).toContain('frame 9 done');
});

it('an exception while drawing is one line, and the process ends with 1', async () => {
  await asked();
  const end = ended();
  show(scriptedFrame(1, 'broken'));
  expect(await end).toEqual({ code: 1, signal: null });
  expect(told).toBe('squall: the live view failed: a frame\n');
});

it('a command that is gone is told of', async () => {
  await asked();
  const next = heard();
  show(scriptedFrame(1, 'hold'));
  await next;
  const end = once(view.stderr!, 'end');
  view.disconnect();
  await end;
  expect(told).toBe('squall: the process was killed\n');
});

it('frames come as often as their cost allows, ten times a second at most', () => {
  expect(frameInterval(2, 0.05)).toBe(100);
  expect(frameInterval(10, 0.05)).toBe(200);
  expect(frameInterval(1000, 0.01)).toBe(2000);
  expect(frameInterval(0, 0.05)).toBe(100);
});
