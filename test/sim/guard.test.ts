import nodeCrypto, {
  generateKeyPairSync,
  generateKeySync,
  generatePrimeSync,
  getRandomValues,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
  webcrypto,
} from 'node:crypto';
import { performance as hooksPerformance } from 'node:perf_hooks';
import { cpuUsage, hrtime, resourceUsage, uptime } from 'node:process';
import {
  clearInterval as clearTimersInterval,
  setImmediate as timersImmediate,
  setInterval as timersInterval,
  setTimeout as timersTimeout,
} from 'node:timers';
import {
  scheduler,
  setImmediate as laterImmediate,
  setInterval as laterEach,
  setTimeout as later,
} from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AmbientSource } from '../../sim/ambient-source.ts';
import {
  AmbientAccessError,
  arm,
  disarm,
  exempt,
  guarded,
  guardIsInstalled,
  installGuard,
  resetServedCounts,
  served,
  servedCounts,
  serveFrom,
} from '../../sim/guard.ts';

const realDate = Date;
const realSetTimeout = setTimeout;
const dateFromBefore = new Date();
const installedBefore = guardIsInstalled();
installGuard();

// What a library does that is loaded after the guard.
const boundRandom = Math.random;
const boundNow = Date.now;
const boundValues = webcrypto.getRandomValues.bind(webcrypto);

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678) + 0.25;

/** A source with known draws: a multiplicative generator of 31 bits from one seed. */
function source(seed = 1): AmbientSource {
  let state = seed;
  return {
    random: () => {
      state = (state * 48271) % 0x7fffffff;
      return state / 0x7fffffff;
    },
    nowMs: () => NOW_MS,
  };
}

const uuidV7 = (nodeCrypto as { randomUUIDv7?: () => string }).randomUUIDv7;

interface AmbientCase {
  name: string;
  use: () => unknown;
}

const CLOCKS: AmbientCase[] = [
  { name: 'Date', use: () => Date() },
  { name: 'new Date', use: () => new Date() },
  { name: 'Date.now', use: () => Date.now() },
  { name: 'Date.now', use: () => boundNow() },
  { name: 'performance.now', use: () => performance.now() },
  { name: 'performance.now', use: () => hooksPerformance.now() },
  { name: 'performance.timeOrigin', use: () => performance.timeOrigin },
  { name: 'process.hrtime', use: () => process.hrtime() },
  { name: 'process.hrtime', use: () => hrtime([1, 2]) },
  { name: 'process.hrtime.bigint', use: () => process.hrtime.bigint() },
  { name: 'process.hrtime.bigint', use: () => hrtime.bigint() },
  { name: 'process.uptime', use: () => process.uptime() },
  { name: 'process.uptime', use: () => uptime() },
  { name: 'Intl.DateTimeFormat.format', use: () => new Intl.DateTimeFormat('en').format() },
  { name: 'Intl.DateTimeFormat.formatToParts', use: () => new Intl.DateTimeFormat('en').formatToParts() },
];

// Node has it from 26 on.
const temporalNow = (globalThis as { Temporal?: { Now: Record<string, (zone: string) => unknown> } }).Temporal?.Now;
if (temporalNow !== undefined) {
  for (const key of ['instant', 'zonedDateTimeISO', 'plainDateTimeISO', 'plainDateISO', 'plainTimeISO']) {
    CLOCKS.push({ name: `Temporal.Now.${key}`, use: () => String(temporalNow[key]?.('UTC')) });
  }
}

const ENTROPY: AmbientCase[] = [
  { name: 'Math.random', use: () => Math.random() },
  { name: 'Math.random', use: () => boundRandom() },
  { name: 'crypto.getRandomValues', use: () => crypto.getRandomValues(new Uint8Array(5)) },
  { name: 'crypto.getRandomValues', use: () => webcrypto.getRandomValues(new BigInt64Array(2)) },
  { name: 'crypto.getRandomValues', use: () => getRandomValues(new Int16Array(3)) },
  { name: 'crypto.getRandomValues', use: () => boundValues(new Uint32Array(1)) },
  { name: 'crypto.randomUUID', use: () => crypto.randomUUID() },
  { name: 'crypto.randomUUID', use: () => randomUUID() },
  { name: 'crypto.randomBytes', use: () => randomBytes(8) },
  { name: 'crypto.randomBytes', use: () => nodeCrypto.randomBytes(8) },
  { name: 'crypto.randomBytes', use: () => nodeCrypto.pseudoRandomBytes(8) },
  { name: 'crypto.randomFillSync', use: () => randomFillSync(Buffer.alloc(9), 2, 5) },
  { name: 'crypto.randomInt', use: () => randomInt(10, 1_000_000) },
  ...(uuidV7 === undefined
    ? []
    : [
        {
          name: 'crypto.randomUUIDv7',
          use: () => (nodeCrypto as unknown as { randomUUIDv7(): string }).randomUUIDv7(),
        },
      ]),
];

const nothing = () => {};
const REFUSED: AmbientCase[] = [
  { name: 'setTimeout', use: () => setTimeout(nothing, 1) },
  { name: 'setTimeout', use: () => timersTimeout(nothing, 1) },
  { name: 'setInterval', use: () => setInterval(nothing, 1) },
  { name: 'setInterval', use: () => timersInterval(nothing, 1) },
  { name: 'setImmediate', use: () => setImmediate(nothing) },
  { name: 'setImmediate', use: () => timersImmediate(nothing) },
  { name: 'timers/promises.setTimeout', use: () => later(1) },
  { name: 'timers/promises.setTimeout', use: () => promisify(setTimeout)(1) },
  { name: 'timers/promises.setInterval', use: () => laterEach(1) },
  { name: 'timers/promises.setImmediate', use: () => laterImmediate() },
  { name: 'scheduler.wait', use: () => scheduler.wait(1) },
  { name: 'scheduler.yield', use: () => scheduler.yield() },
  { name: 'AbortSignal.timeout', use: () => AbortSignal.timeout(1) },
  { name: 'performance.mark', use: () => performance.mark('x') },
  { name: 'performance.measure', use: () => performance.measure('x') },
  { name: 'performance.toJSON', use: () => performance.toJSON() as unknown },
  { name: 'performance.eventLoopUtilization', use: () => performance.eventLoopUtilization() },
  { name: 'process.cpuUsage', use: () => cpuUsage() },
  { name: 'process.resourceUsage', use: () => resourceUsage() },
  {
    name: 'crypto.subtle.generateKey',
    use: () => crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']),
  },
  { name: 'crypto.generateKeySync', use: () => generateKeySync('hmac', { length: 64 }) },
  { name: 'crypto.generateKey', use: () => nodeCrypto.generateKey('hmac', { length: 64 }, nothing) },
  { name: 'crypto.generateKeyPairSync', use: () => generateKeyPairSync('ed25519') },
  { name: 'crypto.generateKeyPair', use: () => nodeCrypto.generateKeyPair('ed25519', {}, nothing) },
  { name: 'crypto.generatePrimeSync', use: () => generatePrimeSync(32) },
  { name: 'crypto.generatePrime', use: () => nodeCrypto.generatePrime(32, nothing) },
];

/** Forms that hand their result to a callback. */
interface CalledBackCase extends AmbientCase {
  start: (done: (error: unknown, value?: unknown) => void) => void;
}
const CALLED_BACK_FORMS: Omit<CalledBackCase, 'use'>[] = [
  { name: 'crypto.randomBytes', start: (done) => randomBytes(6, done) },
  { name: 'crypto.randomInt', start: (done) => randomInt(500, done) },
  { name: 'crypto.randomInt', start: (done) => randomInt(5, 500, done) },
  { name: 'crypto.randomFill', start: (done) => randomFill(new Uint16Array(4), 1, 2, done) },
];
const CALLED_BACK: CalledBackCase[] = CALLED_BACK_FORMS.map((form) => ({ ...form, use: () => form.start(nothing) }));

function caught(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return undefined;
}

beforeEach(resetServedCounts);
afterEach(disarm);

describe('an armed guard', () => {
  it.each([...CLOCKS, ...ENTROPY, ...REFUSED, ...CALLED_BACK])(
    'refuses $name and names it (way %#)',
    ({ name, use }) => {
      const error = caught(() => guarded(use));
      expect(error).toBeInstanceOf(AmbientAccessError);
      expect((error as AmbientAccessError).source).toBe(name);
      expect((error as AmbientAccessError).message).toContain(`${name} was used in simulated code at `);
    },
  );

  it('names the file and the line of who used it', () => {
    const here = new Error('here').stack?.split('\n')[1] ?? '';
    const error = caught(() => guarded(() => Math.random())) as AmbientAccessError;
    const line = Number(/:(\d+):\d+\)?$/.exec(here)?.[1]) + 1;
    expect(error.culprit).toMatch(new RegExp(`guard\\.test\\.ts:${line}$`));
    expect(error.message).toContain(error.culprit);
  });

  it('names who used it from deep inside the runtime', () => {
    const use = () => [3, 1, 2].map(Math.random);
    const error = caught(() => guarded(() => [1].flatMap(use))) as AmbientAccessError;
    expect(error.culprit).toMatch(/guard\.test\.ts:\d+$/);
  });

  it('lets dates be made, read and formatted from a given time', () => {
    guarded(() => {
      const date = new Date(2026, 0, 2, 3, 4, 5);
      expect(date.getMinutes()).toBe(4);
      expect(new Date(5).getTime()).toBe(5);
      expect(new Date(date).getTime()).toBe(date.getTime());
      expect(new Date('2026-01-01T00:00:00Z').getTime()).toBe(Date.UTC(2026, 0));
      expect(Number.isNaN(new Date(undefined as unknown as number).getTime())).toBe(true);
      expect(Date.parse('2026-01-01T00:00:00Z')).toBe(Date.UTC(2026, 0));
      expect(new Intl.DateTimeFormat('en', { timeZone: 'UTC' }).format(0)).toBe('1/1/1970');
    });
  });

  it('lets microtasks and ticks be queued', async () => {
    const order: string[] = [];
    guarded(() => {
      queueMicrotask(() => order.push('microtask'));
      process.nextTick(() => order.push('tick'));
    });
    await new Promise((resolve) => realSetTimeout(resolve, 1));
    expect(order.sort()).toEqual(['microtask', 'tick']);
  });

  it('refuses between arm and disarm', () => {
    arm();
    const armed = caught(() => Date.now());
    disarm();
    expect(armed).toBeInstanceOf(AmbientAccessError);
    expect(caught(() => Date.now())).toBeUndefined();
  });
});

describe('a source that serves', () => {
  it.each([...CLOCKS, ...ENTROPY])(
    'answers for $name, the same for the same source, and is counted (way %#)',
    ({ name, use }) => {
      const first = served(source(), use);
      expect(servedCounts()).toEqual({ [name]: 1 });
      expect(guarded(() => served(source(), use))).toEqual(first);
      expect(servedCounts()).toEqual({ [name]: 2 });
      resetServedCounts();
      expect(servedCounts()).toEqual({});
    },
  );

  it.each(ENTROPY)('gives other draws of $name from another source (way %#)', ({ use }) => {
    expect(served(source(1), use)).not.toEqual(served(source(2), use));
  });

  it.each(CALLED_BACK)('calls back with draws of $name from the source (way %#)', async ({ name, start }) => {
    const draw = () =>
      new Promise((resolve, reject) => {
        guarded(() => served(source(), () => start((error, value) => (error ? reject(error) : resolve(value)))));
      });
    const first = await draw();
    expect(await draw()).toEqual(first);
    expect(servedCounts()).toEqual({ [name]: 2 });
  });

  it.each(REFUSED)('cannot answer for $name, which is refused, armed or not (way %#)', ({ name, use }) => {
    for (const error of [caught(() => served(source(), use)), caught(() => guarded(() => served(source(), use)))]) {
      expect(error).toBeInstanceOf(AmbientAccessError);
      expect((error as AmbientAccessError).source).toBe(name);
    }
    expect(servedCounts()).toEqual({});
  });

  it('gives its time to every clock', () => {
    served(source(), () => {
      const ms = Math.floor(NOW_MS);
      expect(Date.now()).toBe(ms);
      expect(new Date().getTime()).toBe(ms);
      expect(Date()).toBe(new Date(ms).toString());
      expect(performance.timeOrigin + performance.now()).toBe(NOW_MS);
      expect(process.hrtime.bigint()).toBe(BigInt(ms) * 1_000_000n + 250_000n);
      expect(process.hrtime()).toEqual([Math.floor(ms / 1000), 678_250_000]);
      expect(process.hrtime([Math.floor(ms / 1000) - 2, 900_000_000])).toEqual([1, 778_250_000]);
      expect(process.hrtime([Math.floor(ms / 1000) + 2, 0])).toEqual([-2, 678_250_000]);
      expect(process.uptime()).toBe(NOW_MS / 1000);
      const format = new Intl.DateTimeFormat('en', { timeZone: 'UTC', dateStyle: 'long', timeStyle: 'medium' });
      expect(format.format()).toBe(format.format(ms));
      expect(format.formatToParts()).toEqual(format.formatToParts(ms));
    });
  });

  it.skipIf(temporalNow === undefined)('gives its time to Temporal', () => {
    const read = (key: string) => served(source(), () => String(temporalNow?.[key]?.('UTC')));
    expect(read('instant')).toBe('2026-01-02T03:04:05.678Z');
    expect(read('zonedDateTimeISO')).toBe('2026-01-02T03:04:05.678+00:00[UTC]');
    expect(read('plainDateTimeISO')).toBe('2026-01-02T03:04:05.678');
    expect(read('plainDateISO')).toBe('2026-01-02');
    expect(read('plainTimeISO')).toBe('03:04:05.678');
  });

  it('fills integer arrays of every type with the same bytes, and no more than the view', () => {
    const types = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array];
    const filled = [...types, BigInt64Array, BigUint64Array].map((type) => {
      const array = new type(new ArrayBuffer(32), 8, 16 / type.BYTES_PER_ELEMENT);
      expect(served(source(), () => crypto.getRandomValues(array))).toBe(array);
      return Buffer.from(array.buffer).toString('hex');
    });
    expect(new Set(filled).size).toBe(1);
    expect(filled[0]).toMatch(/^0{16}.{32}0{16}$/);
    expect(filled[0]?.slice(16, 48)).toBe(served(source(), () => randomBytes(16)).toString('hex'));
  });

  it('spreads its bytes evenly', () => {
    const bytes = served(source(), () => randomBytes(64_000));
    const counts = new Uint32Array(256);
    for (const byte of bytes) counts[byte]! += 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 250) ** 2 / 250, 0);
    expect(chiSquare).toBeLessThan(330);
  });

  it('fills the asked part of a buffer, counted in its elements', () => {
    const filled = served(source(), () => randomFillSync(new Uint16Array(6), 2, 3));
    expect([...filled].map((value) => value > 0)).toEqual([false, false, true, true, true, false]);
  });

  it('makes valid UUIDs', () => {
    const v4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    served(source(), () => {
      const made = Array.from({ length: 50 }, () => crypto.randomUUID());
      for (const uuid of made) expect(uuid).toMatch(v4);
      expect(new Set(made).size).toBe(50);
    });
  });

  it.skipIf(uuidV7 === undefined)('makes UUIDs of version 7 that hold its time', () => {
    const use = ENTROPY.at(-1) as AmbientCase;
    const uuid = served(source(), use.use) as string;
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(uuid.slice(0, 13).replace('-', ''), 16)).toBe(Math.floor(NOW_MS));
  });

  it('draws integers from the whole of the range and no other', () => {
    served(source(), () => {
      const seen = new Set(Array.from({ length: 500 }, () => randomInt(-2, 3)));
      expect([...seen].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
      expect(new Set(Array.from({ length: 500 }, () => randomInt(2)))).toEqual(new Set([0, 1]));
    });
  });

  it('leaves bad arguments to the original to refuse', () => {
    served(source(), () => {
      expect(() => crypto.getRandomValues(new Float64Array(2) as unknown as Uint8Array<ArrayBuffer>)).toThrow(
        /integer|type/i,
      );
      expect(() => crypto.getRandomValues(new Uint8Array(65537))).toThrow(/65,?536/);
      expect(() => randomBytes(-1)).toThrow(/size/);
      expect(() => randomInt(5, 5)).toThrow(/max/);
      expect(() => randomFillSync(Buffer.alloc(4), 3, 5)).toThrow(/range/);
      expect(() => process.hrtime([1] as unknown as [number, number])).toThrow(/time/);
    });
  });

  it('serves without a closure until it is put back', () => {
    const former = serveFrom(source());
    expect(former).toBeNull();
    const inner = source(2);
    expect(serveFrom(inner)).not.toBeNull();
    expect(Date.now()).toBe(Math.floor(NOW_MS));
    expect(serveFrom(former)).toBe(inner);
    expect(Date.now()).not.toBe(Math.floor(NOW_MS));
  });
});

describe('nesting', () => {
  const refuses = () => caught(() => Math.random()) instanceof AmbientAccessError;

  it('gives back the state before, whichever is inside which', () => {
    const half: AmbientSource = { random: () => 0.5, nowMs: () => 1 };
    const quarter: AmbientSource = { random: () => 0.25, nowMs: () => 2 };
    guarded(() => {
      expect(refuses()).toBe(true);
      served(half, () => {
        expect(Math.random()).toBe(0.5);
        served(quarter, () => expect([Math.random(), Date.now()]).toEqual([0.25, 2]));
        expect(exempt(() => Math.random() === 0.5 || Date.now() === 1)).toBe(false);
        guarded(() => expect(refuses()).toBe(true));
        expect([Math.random(), Date.now()]).toEqual([0.5, 1]);
      });
      expect(refuses()).toBe(true);
      exempt(() => {
        expect(refuses()).toBe(false);
        guarded(() => expect(refuses()).toBe(true));
        expect(refuses()).toBe(false);
      });
      expect(refuses()).toBe(true);
    });
    expect(refuses()).toBe(false);
  });

  it('gives back the state before when something is thrown', () => {
    const stop = () => {
      throw new Error('stop');
    };
    guarded(() => {
      expect(() => served(source(), stop)).toThrow('stop');
      expect(refuses()).toBe(true);
      expect(() => exempt(stop)).toThrow('stop');
      expect(refuses()).toBe(true);
    });
    expect(() => guarded(stop)).toThrow('stop');
    expect(refuses()).toBe(false);
  });

  it('gives the results through', () => {
    expect(guarded(() => exempt(() => served(source(), () => 'result')))).toBe('result');
  });
});

describe('a guard that is not armed', () => {
  it('was put in place once', () => {
    const patched = [Date, Math.random, setTimeout, crypto.getRandomValues];
    installGuard();
    expect([Date, Math.random, setTimeout, crypto.getRandomValues]).toEqual(patched);
    expect([installedBefore, guardIsInstalled()]).toEqual([false, true]);
  });

  it('leaves the clocks as they were', () => {
    const before = realDate.now();
    for (const ms of [Date.now(), new Date().getTime(), performance.timeOrigin + performance.now()]) {
      expect(Math.abs(ms - before)).toBeLessThan(60_000);
    }
    expect(Date.parse(Date())).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
    const [seconds, nanoseconds] = process.hrtime(process.hrtime());
    expect(seconds * 1e9 + nanoseconds).toBeGreaterThanOrEqual(0);
    expect(process.hrtime.bigint()).toBeLessThanOrEqual(process.hrtime.bigint());
    expect(process.uptime()).toBeGreaterThan(0);
    const format = new Intl.DateTimeFormat('en', { year: 'numeric' });
    expect(format.format).toBe(format.format);
    expect(format.format()).toBe(format.format(before));
    expect(format.formatToParts()).toEqual(format.formatToParts(before));
  });

  it('leaves Date a Date', () => {
    expect(Date).not.toBe(realDate);
    expect([Date.name, Date.length, Date.now.name]).toEqual(['Date', 7, 'now']);
    expect(Date.prototype).toBe(realDate.prototype);
    expect(Object.getOwnPropertyDescriptor(globalThis, 'Date')?.enumerable).toBe(false);
    expect(dateFromBefore instanceof Date).toBe(true);
    expect(new Date() instanceof realDate).toBe(true);
    expect(new Date().constructor).toBe(Date);
    expect(new Date(2026, 1, 2, 3, 4, 5, 6).getMilliseconds()).toBe(6);
    expect(typeof Date()).toBe('string');
    expect(structuredClone(new Date(5)) instanceof Date).toBe(true);
    expect(Object.prototype.toString.call(new Date())).toBe('[object Date]');
  });

  it('leaves Date a class to extend', () => {
    class Deadline extends Date {
      get late(): boolean {
        return this.getTime() < 10;
      }
    }
    expect([new Deadline(5).late, new Deadline(50).late]).toEqual([true, false]);
    expect(new Deadline() instanceof Deadline && new Deadline() instanceof Date).toBe(true);
    expect(served(source(), () => new Deadline().getTime())).toBe(Math.floor(NOW_MS));
    expect(caught(() => guarded(() => new Deadline()))).toBeInstanceOf(AmbientAccessError);
  });

  it.each(ENTROPY)('leaves $name random (way %#)', ({ use }) => {
    const drawn = Array.from({ length: 8 }, () =>
      JSON.stringify(use(), (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    );
    expect(new Set(drawn).size).toBeGreaterThan(1);
    expect(servedCounts()).toEqual({});
  });

  it.each(CALLED_BACK)('leaves $name with a callback as it was (way %#)', async ({ start }) => {
    const value = await new Promise((resolve, reject) => {
      start((error, drawn) => (error ? reject(error) : resolve(drawn)));
    });
    expect(value).toBeDefined();
  });

  it('leaves timers as they were, with their promises', async () => {
    const passed = await new Promise((resolve) => setTimeout(resolve, 1, 'passed'));
    expect(passed).toBe('passed');
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => {
      const interval = setInterval(() => {
        clearTimersInterval(interval);
        resolve();
      }, 1);
    });
    expect(await promisify(setTimeout)(1, 'promised')).toBe('promised');
    expect(await later(1, 'later')).toBe('later');
    expect(timersTimeout).toBe(setTimeout);
    expect(setTimeout.name).toBe('setTimeout');
  });

  it('leaves the making of keys as it was', async () => {
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']);
    expect((await crypto.subtle.exportKey('raw', key)).byteLength).toBe(16);
    expect(generateKeySync('hmac', { length: 64 }).symmetricKeySize).toBe(8);
  });
});

describe('libraries loaded after the guard', () => {
  it('draw from the source: a Yjs document is the same for the same source', async () => {
    const { Doc } = await import('yjs');
    const id = (from: AmbientSource) => guarded(() => served(from, () => new Doc({ guid: 'g' }).clientID));
    expect(id(source(1))).toBe(id(source(1)));
    expect(id(source(1))).not.toBe(id(source(2)));
    expect(Object.keys(servedCounts())).toContain('crypto.getRandomValues');
    expect(caught(() => guarded(() => new Doc({ guid: 'g' })))).toBeInstanceOf(AmbientAccessError);
  });
});
