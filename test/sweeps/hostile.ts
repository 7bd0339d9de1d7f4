// Sends a relay many hostile bodies and holds what it answers and stores against a model written by hand
// (`node test/sweeps/hostile.ts 20000 seed=1`). Exit 1 at the first difference, with what was sent.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  ODD_NUMBERS,
  ODD_TEXTS,
  PUSHER,
  anyBreaks,
  broken,
  change10,
  change11,
  pull10,
  pull11,
  push10,
  push11,
  wrongTypes,
} from '../relay-adapter/server/hostile-bodies.ts';
import { HostileRelay } from '../relay-adapter/server/hostile-relay.ts';

const given = process.argv.slice(2);
const runs = Number(given.find((argument) => /^\d+$/.test(argument)) ?? 20_000);
const seed = Number(given.find((argument) => argument.startsWith('seed='))?.slice(5) ?? 1);
/** Requests after which the whole store is compared. */
const SETTLE_EVERY = 2000;
const LEDGERS = 20;

const text = (value: unknown): string => JSON.stringify(value);
/** All bodies with one wrong type; `@` stands for the serial number of the request. */
const typed = [
  ...wrongTypes(push11('ledger-@', [change11('a-@'), change11('b-@', { operation: 'SNAPSHOT', covers: 'c0000000' })])),
  ...wrongTypes(push10([change10('a-@'), change10('b-@')])),
].filter((body) => body.length < 10_000);
const valid = [
  text(push11('ledger-@', [change11('a-@'), change11('b-@'), change11('a-@')])),
  text(push10([change10('a-@'), change10('b-@', { device_id: undefined })])),
];

const anyBody = fc
  .tuple(
    fc.oneof(fc.constantFrom(...typed), fc.constantFrom(...valid)),
    fc.option(fc.tuple(fc.constantFrom(...ODD_NUMBERS), fc.nat(3)), { freq: 3 }),
    fc.option(fc.tuple(fc.constantFrom(...ODD_TEXTS), fc.nat(20)), { freq: 3 }),
    fc.option(anyBreaks, { freq: 2 }),
  )
  .map(([body, number, odd, breaks]) => ({ body, number, odd, breaks }));
type Hostile = typeof anyBody extends fc.Arbitrary<infer T> ? T : never;

/** The n-th place of a text where a shape stands, with another text in it. */
function put(body: string, shape: RegExp, nth: number, other: string): string {
  const places = [...body.matchAll(shape)];
  const place = places[nth % Math.max(1, places.length)];
  if (place === undefined) return body;
  return body.slice(0, place.index) + other + body.slice(place.index + place[0].length);
}

function bytesOf({ body, number, odd, breaks }: Hostile, ledger: number, serial: number): Buffer {
  let made = body.replaceAll('ledger-@', `ledger-${ledger}`).replaceAll('@', String(serial));
  if (number !== null) made = put(made, /(?<=":)\d+/g, number[1], number[0]);
  if (odd !== null) made = put(made, /"[^"]*"(?!:)/g, odd[1], text(odd[0]));
  return broken(made, breaks ?? []);
}

const relay = await HostileRelay.start();
const statuses = new Map<number, number>();
let serial = 0;
let megabytes = 0;
try {
  for (const hostile of fc.sample(anyBody, { seed, numRuns: runs })) {
    const ledger = serial++ % LEDGERS;
    const bytes = bytesOf(hostile, ledger, serial);
    const isOld = bytes.includes('"1.0.0"');
    const pushed = await relay.push(isOld ? PUSHER : `ledger-${ledger}`, bytes);
    statuses.set(pushed.status, (statuses.get(pushed.status) ?? 0) + 1);
    if (serial % 5 === 0) {
      const pull = text(isOld ? pull10() : pull11(`ledger-${ledger}`));
      await relay.pull(isOld ? PUSHER : `ledger-${ledger}`, broken(pull, hostile.breaks ?? []));
    }
    if (serial % SETTLE_EVERY === 0) await relay.settle();
  }
  await relay.settle();
  for (let ledger = 0; ledger < LEDGERS; ledger++) await relay.pullAll(`ledger-${ledger}`);
  megabytes = relay.residentMb('VmHWM');
  assert.ok(megabytes < 500, `${megabytes} MB are bounded`);
} finally {
  await relay.close();
}
const kept = [...relay.model.logs.values()].reduce((sum, log) => sum + log.length, 0);
const shown = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${count} of ${status}`);
console.log(
  `${serial} hostile pushes (seed ${seed}): ${shown.join(', ')}; ${kept} changes kept; ${megabytes.toFixed(0)} MB`,
);
