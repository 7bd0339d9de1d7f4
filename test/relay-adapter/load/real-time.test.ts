// Real time as a run waits for it: never too early, and woken by what happens meanwhile.
import { afterEach, expect, test } from 'vitest';
import { RealTime } from '../../../relay-adapter/load/real-time.ts';
import { AssertionError } from '../../../sim/errors.ts';

let opened: RealTime[] = [];

async function open(): Promise<RealTime> {
  const time = await RealTime.open();
  opened.push(time);
  return time;
}

afterEach(async () => {
  await Promise.all(opened.map((time) => time.close()));
  opened = [];
});

test('begins when it is told to, and is not asked before', async () => {
  const time = await open();
  expect(time.hasBegun).toBe(false);
  expect(() => time.nowUs).toThrow(AssertionError);
  time.start();
  expect(time.hasBegun).toBe(true);
  const firstUs = time.nowUs;
  expect(firstUs).toBeGreaterThanOrEqual(0);
  expect(Number.isSafeInteger(firstUs)).toBe(true);
  expect(time.nowUs).toBeGreaterThanOrEqual(firstUs);
});

test('comes back at the instant that was asked for, and never before it', async () => {
  const time = await open();
  time.start();
  for (let wait = 1; wait <= 50; wait++) {
    const atUs = time.nowUs + (wait % 5) * 700;
    await time.until(atUs);
    expect(time.nowUs).toBeGreaterThanOrEqual(atUs);
  }
});

test('comes back from a wait for ever when it is poked', async () => {
  const time = await open();
  time.start();
  setTimeout(() => time.poke(), 5);
  await time.until(Number.POSITIVE_INFINITY);
  // Nobody waits: nothing to wake.
  time.poke();
});

test('lets the event loop turn though what is waited for is long over', async () => {
  const time = await open();
  time.start();
  let turns = 0;
  const turn = (): void => {
    turns++;
    if (turns < 1000) setImmediate(turn);
  };
  setImmediate(turn);
  for (let wait = 0; wait < 20; wait++) await time.until(0);
  expect(turns).toBeGreaterThanOrEqual(10);
});

test('has one that waits', async () => {
  const time = await open();
  time.start();
  const first = time.until(Number.POSITIVE_INFINITY);
  await expect(time.until(0)).rejects.toThrow('one waits at a time');
  time.poke();
  await first;
});
