// What goes together with which side and which clock, and the names of sides: each refusal is one line that says both.

import { describe, expect, test } from 'vitest';
import { InputError } from '../../sim/errors.ts';
import { resolveConfig } from '../../scenarios/config.ts';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import { scenarioOf } from '../../scenarios/run.ts';
import { readSide } from '../../scenarios/sides.ts';

const resolved = (config: ConfigLayer) =>
  resolveConfig({ profile: 'storm', seed: '1', config }, scenarioOf('crdt-conflicts'));

/** The one line that a refusal is. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).not.toContain('\n');
    return error.message;
  }
  return 'not refused';
}

describe('refused is', () => {
  test.each<[ConfigLayer, string]>([
    [{ side: 'inject', sync: 'state', documents: 'yjs' }, 'sync: got "state", expected log on side inject'],
    [
      { side: 'http://127.0.0.1:1', faults: { failoversPerHour: 1 } },
      'faults.failoversPerHour: got 1, expected 0 on side http://127.0.0.1:1',
    ],
    [
      { side: 'http://127.0.0.1:1', faults: { relayTailLossesPerHour: 1 } },
      'faults.relayTailLossesPerHour: got 1, expected 0 on side http',
    ],
    [
      { side: 'http://127.0.0.1:1', faults: { lostFailoversPerHour: 2 } },
      'faults.lostFailoversPerHour: got 2, expected 0 on side http',
    ],
    [
      { side: 'spawn', dialect: '1.0', faults: { failoversPerHour: 1 } },
      'the store of dialect 1.0 cannot be made to fail',
    ],
    [
      { side: 'model', relay: { specimen: 'plaintext-payloads' } },
      'relay.specimen: got "plaintext-payloads", expected side inject or spawn',
    ],
    [{ side: 'model', clock: 'wall' }, 'clock: got "wall", expected virtual on side model'],
    [{ side: 'inject', clock: 'wall' }, 'clock: got "wall", expected virtual on side inject'],
    [{ side: 'spawn', warmUpMs: 1 }, 'warmUpMs: got 1, expected 0 under the virtual clock'],
    [{ side: 'spawn', clock: 'wall', faults: 'lossy' }, 'faults.name: got "lossy", expected none under the wall clock'],
    [{ side: 'spawn', clock: 'wall', warmUpMs: 86_400_000 }, 'warmUpMs: got 86400000, expected < durationMs'],
    [
      { side: 'spawn', clock: 'wall', relay: { specimen: 'plaintext-payloads' } },
      'relay.specimen: got "plaintext-payloads", expected none under the wall clock',
    ],
  ])('%j', (config, text) => {
    expect(refusal(() => resolved(config))).toContain(text);
  });
});

test.each<ConfigLayer>([
  { side: 'inject', relay: { specimen: 'plaintext-payloads' } },
  { side: 'spawn', faults: { failoversPerHour: 1, relayTailLossesPerHour: 1 } },
  { side: 'model', dialect: '1.0', faults: { failoversPerHour: 1 } },
  { side: 'http://127.0.0.1:1', faults: 'swarm' },
  { side: 'spawn', dialect: '1.0', faults: 'swarm' },
  { side: 'http://127.0.0.1:1', clock: 'wall' },
  { side: 'spawn', clock: 'wall', warmUpMs: 1 },
])('taken is %j', (config) => {
  expect(resolved(config).side).toBe(config.side);
});

describe('the name of a side', () => {
  test.each([
    ['http://127.0.0.1:8787', { kind: 'http', origin: 'http://127.0.0.1:8787', path: '' }],
    ['http://127.0.0.1:8787/', { kind: 'http', origin: 'http://127.0.0.1:8787', path: '' }],
    ['https://relay.example/a/b//', { kind: 'http', origin: 'https://relay.example', path: '/a/b' }],
    ['spawn', { kind: 'spawn' }],
    ['model', { kind: 'model' }],
  ])('%s is read', (name, side) => {
    expect(readSide(name)).toEqual(side);
  });

  test.each(['Model', 'ftp://127.0.0.1', 'ws://127.0.0.1', '127.0.0.1:8787', 'file:///etc/passwd', 'javascript:1'])(
    '%j is refused',
    (name) => {
      expect(refusal(() => resolved({ side: name }))).toMatch(
        /^ERR_CONFIG side: got .*, expected model, inject, spawn, or /,
      );
    },
  );

  test.each(['http://me:s3cret@127.0.0.1:1', 'http://s3cret@127.0.0.1:1', 'http://:s3cret@127.0.0.1:1/a?b#c'])(
    'of an address with a user is refused, and does not show it',
    (name) => {
      const line = refusal(() => resolved({ side: name }));
      expect(line).toContain('expected an address without a user');
      expect(line).not.toContain('s3cret');
    },
  );

  test.each(['http://127.0.0.1:1/?token=s3cret', 'http://127.0.0.1:1/#s3cret'])(
    'that says more than where a relay is: %s',
    (name) => {
      const line = refusal(() => resolved({ side: name }));
      expect(line).toContain('expected an address without ? and #');
      expect(line).not.toContain('s3cret');
    },
  );
});
