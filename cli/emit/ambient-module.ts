// Goes into a reproduction before the libraries: serves chance and time to the process's own functions, from what the
// reproduction sets. Bundled by itself; it must import nothing that keeps a clock or entropy.
import nodeCrypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { type AmbientSource, below, bytesOf, fill, uuid } from '../../sim/ambient-source.ts';

type Any = (...args: never[]) => unknown;

/** What is served next: the last time stays, chance is used up. */
const served: { clock: number[]; chance: number[] } = { clock: [], chance: [] };
Object.assign(globalThis, { served });

const OriginalDate = Date;
const original = { random: Math.random, now: Date.now, performanceNow: performance.now.bind(performance) };
const source: AmbientSource = {
  random: () => served.chance.shift() ?? original.random(),
  nowMs: () => (served.clock.length > 1 ? served.clock.shift()! : (served.clock[0] ?? original.now.call(OriginalDate))),
};

Math.random = () => source.random();
class ServedDate extends OriginalDate {
  constructor(...args: [] | ConstructorParameters<DateConstructor>) {
    super(...((args.length === 0 ? [source.nowMs()] : args) as [number]));
  }
  static override now(): number {
    return Math.floor(source.nowMs());
  }
}
globalThis.Date = ServedDate as DateConstructor;
performance.now = () => (served.clock.length > 0 ? source.nowMs() : original.performanceNow());

/** Serves a function while there is chance to serve. */
function serve(holder: object, key: string, answer: (...args: unknown[]) => unknown): void {
  const before = Reflect.get(holder, key) as Any | undefined;
  if (typeof before !== 'function') return;
  const value = function (this: unknown, ...args: never[]): unknown {
    return served.chance.length > 0 ? answer(...args) : Reflect.apply(before, this, args);
  };
  Object.defineProperty(holder, key, { value, writable: true, configurable: true });
}

const webs = Object.getPrototypeOf(globalThis.crypto) as object;
serve(webs, 'getRandomValues', (array) => {
  const view = array as Uint8Array;
  fill(source, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return array;
});
for (const holder of [webs, nodeCrypto]) serve(holder, 'randomUUID', () => uuid(source));
serve(nodeCrypto, 'randomBytes', (size) => {
  const bytes = Buffer.alloc(size as number);
  fill(source, bytes);
  return bytes;
});
serve(nodeCrypto, 'randomFillSync', (...args) => {
  const bytes = bytesOf(args);
  if (bytes !== null) fill(source, bytes);
  return args[0];
});
serve(nodeCrypto, 'randomInt', (min, max) => {
  const [from, to] = max === undefined ? [0, min as number] : [min as number, max as number];
  return from + below(source, to - from);
});
syncBuiltinESMExports();
