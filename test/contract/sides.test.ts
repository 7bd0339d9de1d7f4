// One seed on all sides of the relay port: the same requests and answers, hash for hash, with whatever faults a side can
// have, whatever keeps the log.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import lww from '../../models/documents/lww.ts';
import { closeSides } from '../../relay-adapter/wire/sides.ts';
import { installGuard } from '../../sim/guard.ts';
import { postgresBinaries, type RunningPostgres, startPostgres } from '../postgres.ts';
import { canTellProcesses, relayPids } from '../relay-adapter/wire/relay-pids.ts';
import { addressRelays } from './real-side.ts';
import { type SideStorm, stormOnSide } from './side-storms.ts';

installGuard();

const PAGE_SIZE = 8;
const tokenSecret = 'a secret of the tests, of which nobody else knows';
const SEEDS = Array.from({ length: 12 }, (_, index) => String(index + 1));
const SEEDS_10 = ['101', '102', '103', '104'];

const relays = addressRelays();
let postgres: RunningPostgres | undefined;

beforeAll(async () => {
  vi.stubEnv('SQUALL_TOKEN_SECRET', tokenSecret);
  if (postgresBinaries() !== undefined) postgres = await startPostgres();
  if (postgres !== undefined) vi.stubEnv('SQUALL_POSTGRES_URL', postgres.url);
});

afterAll(async () => {
  closeSides();
  await relays.stop();
  await postgres?.stop();
  vi.unstubAllEnvs();
});

const storm = (seed: string, side: string, config: Readonly<Record<string, unknown>> = {}): SideStorm =>
  stormOnSide(seed, side, lww, config);

/** What must be equal on all sides. */
function seen({ protocolHash, traceHash, requests, findings, firstDifference, faults }: SideStorm) {
  return { protocolHash, traceHash, requests, findings, firstDifference, faults };
}

describe('a storm with a swarm of faults has the hashes of the model', () => {
  const models = new Map<string, SideStorm>();
  const model = (seed: string): SideStorm => {
    let known = models.get(seed);
    if (known === undefined) models.set(seed, (known = storm(seed, 'model')));
    return known;
  };

  test('the storms are of some size, find nothing, and relays fail in them', () => {
    const storms = SEEDS.map(model);
    expect(storms.flatMap(({ findings }) => findings)).toEqual([]);
    expect(storms.reduce((sum, { requests }) => sum + requests, 0)).toBeGreaterThan(1000);
    expect(new Set(storms.map(({ protocolHash }) => protocolHash)).size).toBe(SEEDS.length);
    const fired = new Set(storms.flatMap(({ faults }) => Object.keys(faults).filter((kind) => faults[kind]! > 0)));
    expect([...fired].join(' ')).toMatch(/relay|failover/);
  });

  test.each(['inject', 'spawn'])('on %s', (side) => {
    for (const seed of SEEDS) expect(seen(storm(seed, side)), `seed ${seed}`).toEqual(seen(model(seed)));
  });

  test('on http', async () => {
    const url = await relays.at({ pageSize: PAGE_SIZE, tokenSecret });
    for (const seed of SEEDS) {
      const real = storm(seed, url);
      // A relay at an address has no failovers, so its swarm may be another one.
      const expected = storm(seed, 'model', { faults: real.config.faults });
      expect(real.config.relay.pageSize).toBe(PAGE_SIZE);
      expect(seen(real), `seed ${seed}`).toEqual(seen(expected));
    }
  });
});

describe('a storm of 1.0 has the hashes of the model', () => {
  const options = { dialect: '1.0', faults: { name: 'chaos', failoversPerHour: 0 } };

  test.each(['inject', 'spawn', 'http'])('on %s', async (side) => {
    // What 1.0 itself gets wrong is found on every side alike.
    const at = side === 'http' ? await relays.at({ pageSize: PAGE_SIZE }) : side;
    let findings = 0;
    for (const seed of SEEDS_10) {
      const expected = storm(seed, 'model', options);
      findings += expected.findings.length;
      expect(seen(storm(seed, at, options)), `seed ${seed}`).toEqual(seen(expected));
    }
    expect(findings).toBeGreaterThan(0);
  });
});

describe('a relay that crashes and fails over', () => {
  const faults = {
    name: 'none',
    relayCrashesPerHour: 60,
    relayCrashMsMean: 2000,
    failoversPerHour: 120,
    relayTailLossesPerHour: 0,
  };

  test.each(['inject', 'spawn'])('really does so on %s, and answers as the model does', (side) => {
    const before = relayPids();
    let crashes = 0;
    let failovers = 0;
    for (const seed of ['1', '2']) {
      const real = storm(seed, side, { faults });
      crashes += real.faults['relay-crash'] ?? 0;
      failovers += real.faults['failover'] ?? 0;
      expect(seen(real), `seed ${seed}`).toEqual(seen(storm(seed, 'model', { faults })));
    }
    expect(crashes).toBeGreaterThan(0);
    expect(failovers).toBeGreaterThan(2);
    if (side !== 'spawn' || !canTellProcesses) return;
    // None of the processes that were there is there any more: each was killed.
    const after = relayPids();
    expect(after.length).toBeGreaterThan(0);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  });

  test('that really loses what it acknowledged is found out on inject as on the model', () => {
    const losing = { faults: { name: 'none', relayTailLossesPerHour: 240, relayTailChanges: 5 } };
    let lost = 0;
    for (const seed of ['1', '2']) {
      const real = storm(seed, 'inject', losing);
      lost += real.faults['relay-tail-lost'] ?? 0;
      expect(seen(real), `seed ${seed}`).toEqual(seen(storm(seed, 'model', losing)));
    }
    expect(lost).toBeGreaterThan(0);
  });
});

const isMissing = postgresBinaries() === undefined;

describe.skipIf(isMissing)(isMissing ? 'Postgres (SKIPPED: no binaries in /usr/lib/postgresql)' : 'Postgres', () => {
  test('keeps the log of a spawned relay, which answers as the model does', () => {
    for (const seed of SEEDS.slice(0, 3)) {
      const real = storm(seed, 'spawn', { wire: { store: 'postgres' } });
      expect(seen(real), `seed ${seed}`).toEqual(seen(storm(seed, 'model')));
    }
  });

  test('is refused in one line where nobody says where it is', () => {
    vi.stubEnv('SQUALL_POSTGRES_URL', undefined);
    try {
      expect(() => storm('1', 'spawn', { wire: { store: 'postgres' } })).toThrow(
        /^ERR_CONFIG SQUALL_POSTGRES_URL: got /,
      );
    } finally {
      vi.stubEnv('SQUALL_POSTGRES_URL', postgres?.url);
    }
  });
});
