// No ambient time and no ambient randomness in simulated code: the process's clocks, entropy and timers are patched so
// that they throw where the guard is armed, come from a replica's own source where they are served, and are the
// original ones elsewhere. Other realms (vm, workers) have globals of their own. It must not know what is simulated.

import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type AmbientSource, below, bytesOf, fill, highResolution, nanoseconds, uuid } from './ambient-source.ts';
import { captureConsole } from './captured-console.ts';

export type { AmbientSource } from './ambient-source.ts';

/** Simulated code asked the real world for the time, for chance, or for a call later on. */
export class AmbientAccessError extends Error {
  /** What was used: `Math.random`, `new Date`, `setTimeout`. */
  readonly source: string;
  /** Who used it, as `file:line`. */
  readonly culprit: string;

  constructor(source: string, culprit: string, advice: string) {
    super(`${source} was used in simulated code at ${culprit}: ${advice}`);
    this.name = 'AmbientAccessError';
    this.source = source;
    this.culprit = culprit;
  }
}

let isArmed = false;
let serving: AmbientSource | null = null;
let isInstalled = false;

/** From here on clocks, entropy and timers throw. Cheap enough for every event. */
export function arm(): void {
  isArmed = true;
}

/** Ends `arm`. */
export function disarm(): void {
  isArmed = false;
}

/** Whether `installGuard` was called: without it, nothing is refused or served. */
export function guardIsInstalled(): boolean {
  return isInstalled;
}

/** Calls fn with the guard armed. As with the other three, what fn leaves for later (a promise) runs outside. */
export function guarded<T>(fn: () => T): T {
  return within(true, null, fn);
}

/** Calls fn with the guard off, for observers: they may read the real clock. */
export function exempt<T>(fn: () => T): T {
  return within(false, null, fn);
}

/** Calls fn with clocks and entropy from the source, counted. Timers throw: what comes later cannot be served. */
export function served<T>(source: AmbientSource, fn: () => T): T {
  return within(isArmed, source, fn);
}

/**
 * `served` for hot paths, without a closure: from here on the source serves, or none for null. Gives what served before,
 * which is put back in a `finally`.
 */
export function serveFrom(source: AmbientSource | null): AmbientSource | null {
  const before = serving;
  serving = source;
  return before;
}

function within<T>(armed: boolean, source: AmbientSource | null, fn: () => T): T {
  const armedBefore = isArmed;
  const servingBefore = serving;
  isArmed = armed;
  serving = source;
  try {
    return fn();
  } finally {
    isArmed = armedBefore;
    serving = servingBefore;
  }
}

const sourceNames: string[] = [];
const sourceCounts: number[] = [];

/** How often each ambient source was served since the last reset; those never served are left out. */
export function servedCounts(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [slot, name] of sourceNames.entries()) {
    const times = sourceCounts[slot] as number;
    if (times > 0) counts[name] = times;
  }
  return counts;
}

/** Sets all counts of served sources to 0. */
export function resetServedCounts(): void {
  sourceCounts.fill(0);
}

const TIME = "ask the simulation or the device's own clock";
const CHANCE = 'draw from a named stream of the run';
const LATER = 'schedule an event instead';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
/** Answers for a source; `original` is called with arguments that it is to refuse by itself. */
type Serve = (source: AmbientSource, args: unknown[], original: () => unknown) => unknown;

const OWN_FILE = fileURLToPath(import.meta.url);

/** The first place on the stack that is neither here nor inside the runtime. */
function findCulprit(): string {
  for (const line of readStack().split('\n')) {
    const place = /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:[\\/]).*):(\d+):\d+\)?$/.exec(line);
    if (place === null) continue;
    const [, where = '', lineNumber = ''] = place;
    const file = where.startsWith('file://') ? fileURLToPath(where) : where;
    if (file !== OWN_FILE) return `${file}:${lineNumber}`;
  }
  return 'a place unknown';
}

function readStack(): string {
  const limit = Error.stackTraceLimit;
  const probe: { stack?: unknown } = {};
  try {
    Error.stackTraceLimit = 50;
    Error.captureStackTrace(probe, findCulprit);
    return typeof probe.stack === 'string' ? probe.stack : '';
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Throws for simulated code. The stack is read with the guard off, since whoever maps it to sources may use a clock. */
function refuse(name: string, advice: string): never {
  throw new AmbientAccessError(name, exempt(findCulprit), advice);
}

function slotOf(name: string): number {
  const known = sourceNames.indexOf(name);
  if (known >= 0) return known;
  sourceCounts.push(0);
  return sourceNames.push(name) - 1;
}

function count(slot: number): void {
  sourceCounts[slot] = (sourceCounts[slot] as number) + 1;
}

/** Gives the wrapper everything that hangs on the original: name, length, promisified variants. */
function dress<T extends object>(wrapper: T, original: object, keepsPrototype: boolean): T {
  const descriptors = Object.getOwnPropertyDescriptors(original) as Record<PropertyKey, PropertyDescriptor>;
  if (!keepsPrototype) delete descriptors['prototype'];
  return Object.defineProperties(wrapper, descriptors);
}

/** Wrappers by original, so that a function that is known in two places stays one. */
const wrappers = new Map<unknown, AnyFunction>();

function wrap(original: AnyFunction, name: string, advice: string, serve: Serve | null): AnyFunction {
  const known = wrappers.get(original);
  if (known !== undefined) return known;
  const slot = slotOf(name);
  const wrapper: AnyFunction = function (...args) {
    if (serving !== null && serve !== null) {
      count(slot);
      return serve(serving, args, () => Reflect.apply(original, this, args));
    }
    if (isArmed || serving !== null) refuse(name, advice);
    return Reflect.apply(original, this, args);
  };
  wrappers.set(original, dress(wrapper, original, false));
  return wrapper;
}

/** Patches a method or a getter where it is; does nothing where this version of the runtime has none. */
function patch(holder: object | undefined, key: string, name: string, advice: string, serve: Serve | null): void {
  const descriptor = holder === undefined ? undefined : Object.getOwnPropertyDescriptor(holder, key);
  if (holder === undefined || descriptor?.configurable !== true) return;
  const { get, value } = descriptor as { get?: AnyFunction; value?: unknown };
  if (get !== undefined) {
    Object.defineProperty(holder, key, { ...descriptor, get: wrap(get, name, advice, serve) });
  } else if (typeof value === 'function') {
    Object.defineProperty(holder, key, { ...descriptor, value: wrap(value as AnyFunction, name, advice, serve) });
  }
}

/**
 * Patches this process's clocks, entropy and timers, once. Libraries that keep a reference to one of them when they are
 * loaded (lib0 binds `crypto.getRandomValues`) must be imported after it.
 */
export function installGuard(): void {
  if (isInstalled) return;
  isInstalled = true;
  installClocks();
  installEntropy();
  installTimers();
  captureConsole(() => (serving === null ? undefined : (text) => serving?.print?.(text)));
  syncBuiltinESMExports();
}

/** The time for a call without an argument: served, refused, or null for the original. */
function clockMs(name: string, slot: number): number | null {
  if (serving !== null) {
    count(slot);
    return Math.floor(serving.nowMs());
  }
  if (isArmed) refuse(name, TIME);
  return null;
}

function installDate(): void {
  const Original = Date;
  const callSlot = slotOf('Date');
  const newSlot = slotOf('new Date');
  const Guarded = function (...args: unknown[]): unknown {
    if (new.target === undefined) {
      const ms = clockMs('Date', callSlot);
      return ms === null ? Original() : new Original(ms).toString();
    }
    const ms = args.length === 0 ? clockMs('new Date', newSlot) : null;
    return Reflect.construct(Original, ms === null ? args : [ms], new.target) as Date;
  };
  // The prototype is shared, so instanceof holds for dates made before and after, and by the runtime itself.
  dress(Guarded, Original, true);
  const { prototype } = Original as { prototype: object };
  Object.defineProperty(prototype, 'constructor', { value: Guarded, writable: true, configurable: true });
  Object.defineProperty(globalThis, 'Date', { value: Guarded, writable: true, configurable: true });
  patch(Guarded, 'now', 'Date.now', TIME, (source) => Math.floor(source.nowMs()));
}

function installClocks(): void {
  installDate();
  // With an origin of 0, origin and now add up to the date, as they should.
  const performances = Object.getPrototypeOf(performance) as object;
  for (const holder of [performance, performances]) {
    patch(holder, 'now', 'performance.now', TIME, (source) => source.nowMs());
    patch(holder, 'timeOrigin', 'performance.timeOrigin', TIME, () => 0);
    for (const key of ['mark', 'measure', 'toJSON', 'eventLoopUtilization']) {
      patch(holder, key, `performance.${key}`, TIME, null);
    }
  }
  patch(process, 'hrtime', 'process.hrtime', TIME, (source, args, original) => {
    const since = args[0] ?? [0, 0];
    return Array.isArray(since) && since.length === 2 ? highResolution(source, since[0], since[1]) : original();
  });
  patch(process.hrtime, 'bigint', 'process.hrtime.bigint', TIME, nanoseconds);
  patch(process, 'uptime', 'process.uptime', TIME, (source) => source.nowMs() / 1000);
  for (const key of ['cpuUsage', 'threadCpuUsage', 'resourceUsage']) patch(process, key, `process.${key}`, TIME, null);
  installFormats();
  installTemporal();
}

/** Formatting without a date formats the present. */
function installFormats(): void {
  const formats = Intl.DateTimeFormat.prototype;
  const slot = slotOf('Intl.DateTimeFormat.format');
  const partsSlot = slotOf('Intl.DateTimeFormat.formatToParts');
  const boundBy = new WeakMap<object, AnyFunction>();
  const descriptor = Object.getOwnPropertyDescriptor(formats, 'format') as { get: AnyFunction };
  const get: AnyFunction = function () {
    const original = Reflect.apply(descriptor.get, this, []) as AnyFunction;
    let bound = boundBy.get(original);
    if (bound === undefined) {
      bound = dress(
        (date) => original(date === undefined ? (clockMs('Intl.DateTimeFormat.format', slot) ?? undefined) : date),
        original,
        false,
      );
      boundBy.set(original, bound);
    }
    return bound;
  };
  Object.defineProperty(formats, 'format', { ...descriptor, get: dress(get, descriptor.get, false) });
  const original = (formats as unknown as { formatToParts: AnyFunction }).formatToParts;
  const formatToParts: AnyFunction = function (date) {
    const ms = date === undefined ? clockMs('Intl.DateTimeFormat.formatToParts', partsSlot) : null;
    return Reflect.apply(original, this, [ms ?? date]);
  };
  const value = dress(formatToParts, original, false);
  Object.defineProperty(formats, 'formatToParts', { value, writable: true, configurable: true });
}

/** The part of Temporal that is needed here; Node has it from 26 on. */
interface TemporalLike {
  Now: { timeZoneId(): string };
  Instant: { fromEpochMilliseconds(ms: number): { toZonedDateTimeISO(zone: unknown): Record<string, () => unknown> } };
}

function installTemporal(): void {
  const temporal = (globalThis as { Temporal?: TemporalLike }).Temporal;
  if (temporal === undefined) return;
  const instant = (source: AmbientSource) => temporal.Instant.fromEpochMilliseconds(Math.floor(source.nowMs()));
  const zoned = (source: AmbientSource, args: unknown[]) =>
    instant(source).toZonedDateTimeISO(args[0] ?? temporal.Now.timeZoneId());
  patch(temporal.Now, 'instant', 'Temporal.Now.instant', TIME, instant);
  patch(temporal.Now, 'zonedDateTimeISO', 'Temporal.Now.zonedDateTimeISO', TIME, zoned);
  for (const part of ['PlainDateTime', 'PlainDate', 'PlainTime']) {
    const key = `p${part.slice(1)}ISO`;
    patch(temporal.Now, key, `Temporal.Now.${key}`, TIME, (source, args) => zoned(source, args)[`to${part}`]?.());
  }
}

/** Gives the value back, or hands it to the callback that stands last among the arguments. */
function answer(args: unknown[], value: unknown): unknown {
  const callback = args.at(-1);
  if (typeof callback !== 'function') return value;
  process.nextTick(callback, null, value);
  return undefined;
}

function installEntropy(): void {
  patch(Math, 'random', 'Math.random', CHANCE, (source) => source.random());
  const webs = Object.getPrototypeOf(globalThis.crypto) as object;
  // The node:crypto function of this name, and libraries that bind it, end at the prototype's.
  patch(webs, 'getRandomValues', 'crypto.getRandomValues', CHANCE, (source, args, original) => {
    const array = args[0];
    const isIntegers =
      ArrayBuffer.isView(array) && /^(?:Big)?(?:Int|Uint)/.test(Object.prototype.toString.call(array).slice(8));
    if (!isIntegers || array.byteLength > 65536) return original();
    fill(source, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  });
  for (const holder of [webs, crypto]) {
    patch(holder, 'randomUUID', 'crypto.randomUUID', CHANCE, (source) => uuid(source));
    patch(holder, 'randomUUIDv7', 'crypto.randomUUIDv7', CHANCE, (source) => uuid(source, Math.floor(source.nowMs())));
  }
  for (const key of ['randomBytes', 'pseudoRandomBytes', 'prng', 'rng']) {
    // The last three, its old names, are values only once they have been read.
    Reflect.get(crypto, key);
    patch(crypto, key, `crypto.${key}`, CHANCE, (source, args, original) => {
      const size = args[0] as number;
      if (!Number.isInteger(size) || size < 0 || size > 0x7fffffff) return original();
      const bytes = Buffer.alloc(size);
      fill(source, bytes);
      return answer(args, bytes);
    });
  }
  for (const key of ['randomFillSync', 'randomFill']) {
    patch(crypto, key, `crypto.${key}`, CHANCE, (source, args, original) => {
      const bytes = bytesOf(args);
      if (bytes === null || (key === 'randomFill' && typeof args.at(-1) !== 'function')) return original();
      fill(source, bytes);
      return answer(args, args[0]);
    });
  }
  patch(crypto, 'randomInt', 'crypto.randomInt', CHANCE, (source, args, original) => {
    const bounds = args.filter((arg) => typeof arg === 'number');
    const [min, max] = (bounds.length === 1 ? [0, bounds[0]] : bounds) as [number, number];
    const span = max - min;
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || !(span > 0 && span < 2 ** 48)) return original();
    return answer(args, min + below(source, span));
  });
  // Keys are made inside the runtime, where nothing can be served.
  patch(
    Object.getPrototypeOf(globalThis.crypto.subtle) as object,
    'generateKey',
    'crypto.subtle.generateKey',
    CHANCE,
    null,
  );
  for (const kind of ['generateKey', 'generateKeyPair', 'generatePrime']) {
    for (const key of [kind, `${kind}Sync`]) patch(crypto, key, `crypto.${key}`, CHANCE, null);
  }
}

function installTimers(): void {
  for (const key of ['setTimeout', 'setInterval', 'setImmediate']) {
    patch(globalThis, key, key, LATER, null);
    patch(timers, key, key, LATER, null);
    patch(timersPromises, key, `timers/promises.${key}`, LATER, null);
  }
  const schedulers = Object.getPrototypeOf(timersPromises.scheduler) as object;
  for (const key of ['wait', 'yield']) patch(schedulers, key, `scheduler.${key}`, LATER, null);
  patch(AbortSignal, 'timeout', 'AbortSignal.timeout', LATER, null);
}
