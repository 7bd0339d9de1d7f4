// Real relays for runs: where requests may go, what is kept from run to run, and what keys payloads are sealed with.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import { inProcess } from '../../../relay-adapter/in-process.ts';
import { NO_ACCESS } from '../../../relay-adapter/wire/access.ts';
import { NONCE_BYTES } from '../../../relay-adapter/wire/sealing.ts';
import { closeSides, reachSide, type RelaySide, targetOf } from '../../../relay-adapter/wire/sides.ts';
import { loadDocuments } from '../../../scenarios/documents.ts';
import { liveThrough } from '../../../scenarios/life.ts';
import { build, preparedWorld, scenarioOf } from '../../../scenarios/run.ts';
import { shapeOf } from '../../../scenarios/search/hunt.ts';
import { huntConfig } from '../../../scenarios/search/investigate.ts';
import { InputError } from '../../../sim/errors.ts';
import { guarded, installGuard } from '../../../sim/guard.ts';
import { addChanges } from '../../models/changes.ts';
import { flawedRelays } from '../flawed-relays.ts';

installGuard();
const lww = await loadDocuments('lww');
const relays = flawedRelays();
beforeAll(() => void vi.stubEnv('SQUALL_PAYLOAD_KEY', 'a key of the tests, of which nobody else knows'));
afterAll(async () => {
  closeSides();
  vi.unstubAllEnvs();
  await relays.stop();
});

const http = (origin: string, path = ''): RelaySide => ({ kind: 'http', origin, path });

describe('requests go', () => {
  test.each(['http://127.0.0.1:1', 'http://127.9.9.9', 'http://[::1]:80', 'https://localhost:8443'])(
    'to %s',
    (origin) => {
      expect(targetOf(http(origin, '/a'), '/b', NO_ACCESS)).toEqual({
        kind: 'http',
        origin,
        pathPrefix: '/a/b',
        headers: {},
      });
    },
  );

  test.each([
    'http://192.0.2.1:9',
    'http://localhost.evil.example',
    'http://0.0.0.0:1',
    'http://[::]:1',
    'http://[::ffff:808:808]',
    'http://127.0.0.1.evil.example',
    'http://10.0.0.1',
  ])('to %s only where that was allowed', (origin) => {
    expect(() => targetOf(http(origin), '', NO_ACCESS)).toThrow(InputError);
    const allowed = { allowRemote: true, headers: { 'x-api-key': 'k' } };
    expect(targetOf(http(origin), '', allowed)).toMatchObject({ origin, headers: { 'x-api-key': 'k' } });
  });
});

/** The payloads of some changes as a run would send them. */
function payloadsOf(side: RelaySide, identity: string, isSealed = true, isRepeatable = true): string[] {
  const table = new ChangeTable(false, { keepsEntities: true });
  const changes = addChanges(table, 1, 3);
  const ports = { isMember: () => true, membersOf: () => [] };
  const { bodies, giveBack } = reachSide(side, {
    ...ports,
    dialect: '1.0',
    pageSize: 10,
    table,
    reference: inProcess(table, { dialect: '1.0', pageSize: 10 }, ports),
    nowUs: () => 0,
    nowMs: () => 0,
    isSealed,
    store: 'sqlite',
    pathPrefix: '',
    access: NO_ACCESS,
    identity,
    isRepeatable,
  });
  giveBack();
  return changes.map((change) => bodies.payloadOf(change));
}

test('code of a person’s own, of which nobody knows whether it is the same, has other keys each time', () => {
  const spawn: RelaySide = { kind: 'inject' };
  expect(payloadsOf(spawn, 'one run')).toEqual(payloadsOf(spawn, 'one run'));
  expect(payloadsOf(spawn, 'one run', true, false)).not.toEqual(payloadsOf(spawn, 'one run', true, false));
});

/** The part of a payload that no key changes. */
const nonceOf = (payload: string): string => Buffer.from(payload, 'base64').subarray(0, NONCE_BYTES).toString('hex');
const sealedOf = (payload: string): string => Buffer.from(payload, 'base64').subarray(NONCE_BYTES).toString('hex');

describe('payloads', () => {
  test('of one run are the same bytes each time, with a nonce for each change', () => {
    const first = payloadsOf({ kind: 'inject' }, 'a run');
    expect(payloadsOf({ kind: 'inject' }, 'a run')).toEqual(first);
    expect(new Set(first.map(nonceOf)).size).toBe(3);
  });

  test('of another run have another key: under one key there is no nonce twice', () => {
    const first = payloadsOf({ kind: 'inject' }, 'a run');
    const other = payloadsOf({ kind: 'inject' }, 'another run');
    expect(other.map(nonceOf)).toEqual(first.map(nonceOf));
    // The same plaintext under the same nonce: with one key it would be the same text.
    for (const [i, payload] of other.entries()) expect(sealedOf(payload)).not.toBe(sealedOf(first[i]!));
  });

  test('of each run against an address have a key of their own', async () => {
    const side = http(await relays.start());
    const first = payloadsOf(side, 'a run');
    for (const [i, payload] of payloadsOf(side, 'a run').entries()) {
      expect(sealedOf(payload)).not.toBe(sealedOf(first[i]!));
    }
  });
});

/** What a spawned relay holds at the end of a storm, and what was found. */
function heldAfter(seed: string, side: string, config: object = {}) {
  const scenario = scenarioOf('crdt-conflicts');
  const input = { scenario: 'crdt-conflicts', config: { faults: 'swarm', side, ...config } };
  const world = preparedWorld(
    guarded(() => huntConfig(input, seed, shapeOf(seed))),
    lww,
    { isMeasured: false },
  );
  try {
    build(scenario, world);
    const findings = liveThrough(world).map(({ signature }) => signature);
    const text = Buffer.concat(world.port.held!()).toString('latin1');
    return { findings, payloads: [...new Set(text.match(/[A-Za-z0-9+/]{60,}={0,2}/g))].sort(), text };
  } finally {
    world.dispose();
  }
}

test('a run that is repeated leaves the same payloads in the store, and another run none of them', () => {
  const first = heldAfter('3', 'spawn');
  expect(first.payloads.length).toBeGreaterThan(10);
  expect(heldAfter('3', 'spawn').payloads).toEqual(first.payloads);
  const other = new Set(heldAfter('4', 'spawn').payloads);
  expect(first.payloads.filter((payload) => other.has(payload))).toEqual([]);
});

describe('what a relay holds', () => {
  test('shows nothing over 30 storms', () => {
    const leaks = Array.from({ length: 30 }, (_, index) => heldAfter(String(index + 1), 'inject').findings);
    expect(leaks.flat().filter((signature) => signature.startsWith('secrecy'))).toEqual([]);
  });

  test.each(['inject', 'spawn'])('shows payloads of devices that forget to encrypt, on %s', (side) => {
    const relay = { specimen: 'plaintext-payloads' };
    expect(heldAfter('1', side, { faults: 'none', relay }).findings).toContain('secrecy:payload');
  });

  test('is not looked at where it is said that nothing is encrypted', () => {
    expect(heldAfter('1', 'inject', { faults: 'none', wire: { payloads: 'plain' } }).findings).toEqual([]);
  });
});

test('a side that was refused leaves nothing behind that the next run would miss', () => {
  const refused = (): unknown => payloadsOf(http('http://127.0.0.1:1'), 'a run');
  for (let attempt = 0; attempt < 3; attempt++) {
    expect(refused).toThrow('ERR_CONFIG --side: got "http://127.0.0.1:1", expected a relay that answers (refused)');
  }
});
