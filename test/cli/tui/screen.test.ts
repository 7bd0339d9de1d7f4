// The command's side of the live view, with views that draw nothing.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Frame, Title, Wish } from '../../../cli/tui/messages.ts';
import { Screen } from '../../../cli/tui/screen.ts';
import type { Tab } from '../../../scenarios/watch/snapshot.ts';
import { scriptedFrame, scriptedOpening } from './scripted.ts';

const WARMED = fileURLToPath(new URL('warmed.ts', import.meta.url));
const FAKE = fileURLToPath(new URL('fake-view.ts', import.meta.url));

interface Opened {
  readonly screen: Screen;
  readonly tabs: Tab[];
  /** Settles with what the view wished. */
  readonly wish: Promise<Wish>;
  /** Settles with why the view is gone. */
  readonly death: Promise<string>;
}

function settled<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((set) => {
    resolve = set;
  });
  return { promise, resolve: (value) => resolve(value) };
}

function open(way: string, frame?: (tab: Tab) => Frame): Opened {
  const tabs: Tab[] = [];
  const wish = settled<Wish>();
  const death = settled<string>();
  const screen = Screen.open({
    open: scriptedOpening({ title: { kind: 'run', scenario: way } as Title }),
    program: FAKE,
    frame: (tab) => {
      tabs.push(tab);
      return frame === undefined ? scriptedFrame(1, 'hold') : frame(tab);
    },
    wish: (wished) => wish.resolve(wished),
    isDead: (reason) => death.resolve(reason),
  });
  return { screen, tabs, wish: wish.promise, death: death.promise };
}

it('answers each question with a frame of the tab that is looked at, and hands wishes on', async () => {
  const { screen, tabs, wish } = open('usual');
  expect(await wish).toBe('quit');
  expect(tabs).toEqual(['devices', 'findings', 'findings']);
  const last: Tab[] = [];
  await screen.end((tab) => {
    last.push(tab);
    return scriptedFrame(2, 'done');
  });
  expect(last).toEqual(['findings']);
});

it('what is written meanwhile waits until the view has left', async () => {
  const before = process.stdout.write;
  const written: string[] = [];
  process.stdout.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  try {
    const { screen, wish } = open('usual');
    process.stdout.write('meanwhile');
    await wish;
    expect(written).toEqual([]);
    await screen.leave();
    expect(written).toEqual(['meanwhile']);
  } finally {
    process.stdout.write = before;
  }
});

it('what a frame throws is thrown at the end, with the view left', async () => {
  const { screen } = open('usual', () => {
    throw new Error('no frame');
  });
  // The view has to ask first.
  await expect(left(screen)).rejects.toThrow('no frame');
  await screen.leave();
});

/** Waits until the view has gone by itself. */
async function left(screen: Screen): Promise<void> {
  const listeners = process.listenerCount('exit');
  while (process.listenerCount('exit') === listeners) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  await screen.end(() => scriptedFrame(1, 'done'));
}

it('a view that dies is told once, and the end comes at once', async () => {
  const { screen, death } = open('dies');
  expect(await death).toBe('the live view ended with 3');
  await screen.end(() => scriptedFrame(1, 'done'));
  await screen.leave();
});

it('a view that does not leave is killed', async () => {
  const { screen, wish } = open('stubborn');
  await wish;
  await screen.end(() => scriptedFrame(1, 'done'));
});

it('a view that has shown nothing is not waited for', async () => {
  const { screen, tabs } = open('silent');
  await screen.end(() => scriptedFrame(1, 'done'));
  expect(tabs).toEqual([]);
});

it('a view that was started and never opened ends with its command', () => {
  // Its output is closed when both processes have ended.
  const { status, error } = spawnSync(process.execPath, [WARMED], { stdio: 'pipe', timeout: 20_000 });
  expect(error).toBeUndefined();
  expect(status).toBe(0);
}, 30_000);
