// Wakes at real instants. How late they come is for the benchmark: here they must come, in order, and never early.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type Pacer, startPacer } from '../../../relay-adapter/load/pacer.ts';

const SOURCE = fileURLToPath(new URL('../../../relay-adapter/load/pacer.ts', import.meta.url));
const BUILT = fileURLToPath(new URL('../../../dist/relay-adapter/load/pacer.js', import.meta.url));

let opened: Pacer[] = [];

afterEach(async () => {
  await Promise.all(opened.map((pacer) => pacer.close()));
  opened = [];
});

/** A pacer, and a promise for each wake to come. */
async function open(): Promise<{ pacer: Pacer; wakes: number[]; next: () => Promise<number> }> {
  const wakes: number[] = [];
  let waiting: ((atMs: number) => void) | undefined;
  const pacer = await startPacer(() => {
    const atMs = performance.now();
    wakes.push(atMs);
    waiting?.(atMs);
  });
  opened.push(pacer);
  return { pacer, wakes, next: () => new Promise((resolve) => (waiting = resolve)) };
}

test('a wake comes once, and not before its time', async () => {
  const { pacer, wakes, next } = await open();
  for (let wake = 1; wake <= 200; wake++) {
    const atMs = performance.now() + (wake % 7) * 0.37;
    const woken = next();
    pacer.wakeAt(atMs);
    const wokenMs = await woken;
    expect(wokenMs).toBeGreaterThanOrEqual(atMs);
    expect(wokenMs).toBeLessThan(atMs + 5000);
    expect(wakes).toHaveLength(wake);
  }
});

test('an earlier instant interrupts a longer wait, which is forgotten', async () => {
  const { pacer, wakes, next } = await open();
  const woken = next();
  pacer.wakeAt(performance.now() + 3_600_000);
  const soonMs = performance.now() + 20;
  pacer.wakeAt(soonMs);
  const wokenMs = await woken;
  expect(wokenMs).toBeGreaterThanOrEqual(soonMs);
  expect(wokenMs).toBeLessThan(soonMs + 5000);
  expect(wakes).toHaveLength(1);
});

test('a later instant replaces an earlier one, also one that has just come', async () => {
  const { pacer, wakes, next } = await open();
  pacer.wakeAt(performance.now() + 1);
  // The thread posts its message in the meantime; this one cannot hear it yet.
  for (const untilMs = performance.now() + 20; performance.now() < untilMs;);
  const woken = next();
  const laterMs = performance.now() + 30;
  pacer.wakeAt(laterMs);
  expect(await woken).toBeGreaterThanOrEqual(laterMs);
  expect(wakes).toHaveLength(1);
});

test('an instant in the past wakes at once, but not within the call', async () => {
  const { pacer, wakes, next } = await open();
  for (const atMs of [performance.now() - 1000, 0, -Infinity]) {
    const before = wakes.length;
    const woken = next();
    pacer.wakeAt(atMs);
    expect(wakes).toHaveLength(before);
    await woken;
    expect(wakes).toHaveLength(before + 1);
  }
});

test('an instant that comes while another one is told of wakes once', async () => {
  const { pacer, wakes, next } = await open();
  pacer.wakeAt(performance.now() + 1);
  for (const untilMs = performance.now() + 20; performance.now() < untilMs;);
  pacer.wakeAt(performance.now());
  const other = await open();
  const later = other.next();
  other.pacer.wakeAt(performance.now() + 20);
  await later;
  expect(wakes).toHaveLength(1);
  const woken = next();
  pacer.wakeAt(performance.now());
  await woken;
  expect(wakes).toHaveLength(2);
});

test('what was asked for can be asked for again after it came', async () => {
  const { pacer, next } = await open();
  const atMs = performance.now() + 5;
  for (let time = 0; time < 2; time++) {
    const woken = next();
    pacer.wakeAt(atMs);
    expect(await woken).toBeGreaterThanOrEqual(atMs);
  }
});

test('infinity takes back what was asked for', async () => {
  const { pacer, wakes, next } = await open();
  const soonMs = performance.now() + 5;
  pacer.wakeAt(soonMs);
  pacer.wakeAt(Infinity);
  const other = await open();
  const past = other.next();
  other.pacer.wakeAt(soonMs + 50);
  await past;
  expect(wakes).toEqual([]);
  const woken = next();
  pacer.wakeAt(performance.now());
  await woken;
  expect(wakes).toHaveLength(1);
});

test('a wake that asks for the next one keeps the order of instants', async () => {
  const dueMs = Array.from({ length: 300 }, (_, wake) => performance.now() + 150 + wake * 0.5);
  const wokenMs: number[] = [];
  let finished = (): void => undefined;
  const all = new Promise<void>((resolve) => (finished = resolve));
  const pacer = await startPacer(() => {
    wokenMs.push(performance.now());
    if (wokenMs.length < dueMs.length) pacer.wakeAt(dueMs[wokenMs.length]!);
    else finished();
  });
  opened.push(pacer);
  pacer.wakeAt(dueMs[0]!);
  await all;
  expect(wokenMs).toEqual(wokenMs.toSorted((one, other) => one - other));
  for (const [wake, atMs] of wokenMs.entries()) expect(atMs).toBeGreaterThanOrEqual(dueMs[wake]!);
});

test('a closed pacer wakes nobody, and can be closed again', async () => {
  const { pacer, wakes } = await open();
  pacer.wakeAt(performance.now() + 3_600_000);
  await pacer.close();
  pacer.wakeAt(performance.now() - 1);
  await pacer.close();
  const other = await open();
  const woken = other.next();
  other.pacer.wakeAt(performance.now() + 5);
  await woken;
  expect(wakes).toEqual([]);
});

test('no instant at all is a bug of ours', async () => {
  const { pacer } = await open();
  expect(() => pacer.wakeAt(NaN)).toThrow('no instant');
});

test('the thread keeps no process alive, and wakes from the built tree as well', () => {
  for (const file of [SOURCE, BUILT]) {
    if (file === BUILT && !existsSync(BUILT)) throw new Error('the tree is not built');
    const script = `
      const { startPacer } = await import(${JSON.stringify(file)});
      const pacer = await startPacer(() => {
        clearInterval(alive);
        console.log('woken');
        pacer.wakeAt(performance.now() + 3_600_000);
      });
      const alive = setInterval(() => undefined, 1000);
      pacer.wakeAt(performance.now() + 1);
    `;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(said).toBe('woken\n');
  }
});
