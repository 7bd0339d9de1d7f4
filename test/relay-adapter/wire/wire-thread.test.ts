// A wire that is waited for, with a real relay behind it: what was accepted outlives its process, and what cannot be done
// is an error here.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoreControl } from '../../../models/relay/control.ts';
import { relayControl } from '../../../relay-adapter/wire/relay-control.ts';
import { openWire } from '../../../relay-adapter/wire/wire-thread.ts';
import type { Wire, WireCommand } from '../../../relay-adapter/wire/wire.ts';
import { AssertionError, InputError } from '../../../sim/errors.ts';
import { canTellProcesses, relayPids } from './relay-pids.ts';

const OPEN = { name: 'open', options: { tokenSecret: undefined, pageSize: 10, store: 'sqlite' } } as const;
const push = JSON.stringify({
  protocol_version: '1.0.0',
  device_id: 'device-1',
  timestamp: 5,
  changes: [
    {
      id: 'change-1',
      entity_type: 'account',
      entity_id: 'entity-1',
      operation: 'CREATE',
      encrypted_payload: 'AAAA',
      version_vector: { 'device-1': 1 },
      timestamp: 5,
    },
  ],
});
const pull = JSON.stringify({ protocol_version: '1.0.0', device_id: 'device-1', since_timestamp: 0, sync_vector: {} });

const pushed = (wire: Wire) => wire.request({ method: 'POST', path: '/sync/push', body: push });
/** The ids that a pull is given. */
function pulled(wire: Wire): string[] {
  const { status, body } = wire.request({ method: 'POST', path: '/sync/pull', body: pull });
  expect(status).toBe(200);
  return (JSON.parse(body) as { changes: { id: string }[] }).changes.map(({ id }) => id);
}

describe.each(['inject', 'spawn'] as const)('behind a wire of %s', (kind) => {
  let wire: Wire;
  beforeAll(() => void (wire = openWire({ kind })));
  afterAll(() => wire.close());

  test('a relay keeps what it accepted when it is killed and starts again', () => {
    wire.command(OPEN);
    expect(pushed(wire)).toMatchObject({ status: 200, retryAfterMs: 0 });
    const before = canTellProcesses ? relayPids() : [];
    wire.command({ name: 'kill' });
    wire.command({ name: 'revive' });
    expect(pulled(wire)).toEqual(['change-1']);
    if (kind !== 'spawn' || !canTellProcesses) return;
    const after = relayPids();
    expect([before.length, after.length]).toEqual([1, 1]);
    expect(after).not.toEqual(before);
  });

  test('a relay that is opened again has nothing', () => {
    wire.command(OPEN);
    pushed(wire);
    wire.command(OPEN);
    expect(pulled(wire)).toEqual([]);
  });

  test('a store that cannot be opened is bad input, and the wire goes on', () => {
    const options = { ...OPEN.options, store: 'postgres://nobody@127.0.0.1:1/none' };
    expect(() => wire.command({ name: 'open', options })).toThrow(InputError);
    wire.command(OPEN);
    expect(pulled(wire)).toEqual([]);
  });

  test('a closed wire is not asked', () => {
    const other = openWire({ kind });
    other.close();
    other.close();
    expect(() => other.request({ method: 'GET', path: '/health' })).toThrow(AssertionError);
  });
});

test('a relay at an address cannot be told anything, and no answer is an answer', () => {
  const wire = openWire({ kind: 'http', origin: 'http://127.0.0.1:1', pathPrefix: '', headers: {} });
  try {
    expect(wire.request({ method: 'GET', path: '/health' })).toMatchObject({ status: 0, body: '', error: 'refused' });
    expect(() => wire.command({ name: 'kill' })).toThrow(AssertionError);
  } finally {
    wire.close();
  }
});

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const get = (path: string) => ({ method: 'GET', path }) as const;
const SILENT = { status: 0, body: '', retryAfterMs: 0, error: 'timeout before' };

describe('a wire is dead', () => {
  const scripted = (patienceMs?: number): Wire =>
    openWire(
      { kind: 'inject' },
      { file: fileOf('scripted-worker.ts'), ...(patienceMs !== undefined && { patienceMs }) },
    );

  test('after the first time-out: what comes then is not sent, and answered at once', () => {
    const wire = scripted();
    try {
      expect(wire.request(get('/reset'))).toMatchObject({ status: 0, error: 'reset' });
      expect(wire.isDead).toBe(false);
      expect(wire.request(get('/timeout'))).toMatchObject({ status: 0, error: 'timeout' });
      expect(wire.isDead).toBe(true);
      expect(wire.request(get('/x'))).toEqual(SILENT);
      expect(wire.request(get('/y'))).toEqual(SILENT);
      // Two requests have come; its thread is well.
      expect(wire.command({ name: 'held' })).toEqual([Uint8Array.of(2)]);
    } finally {
      wire.close();
    }
    expect(() => wire.request(get('/z'))).toThrow(AssertionError);
  });

  test('when its thread says nothing: an answer that comes after that is nobody’s', () => {
    const wire = scripted(1500);
    expect(wire.request(get('/a'))).toMatchObject({ body: '/a' });
    expect(() => wire.request(get('/never'))).toThrow('said nothing for 1.5 s');
    expect(wire.isDead).toBe(true);
    expect(wire.request(get('/b'))).toEqual(SILENT);
    expect(() => wire.command({ name: 'held' })).toThrow(AssertionError);
    wire.close();
  });

  test('when its thread dies, which it tells by itself to whoever sleeps', () => {
    const wire = openWire({ kind: 'inject' }, { file: fileOf('dying-worker.ts'), patienceMs: 20_000 });
    wire.command(OPEN);
    expect(wire.request(get('/health'))).toMatchObject({ status: 200 });
    expect(() => wire.request(get('/die'))).toThrow('a bug of the thread');
    expect(wire.isDead).toBe(true);
    expect(wire.request(get('/health'))).toEqual(SILENT);
    expect(() => wire.command({ name: 'kill' })).toThrow(AssertionError);
    wire.close();
    wire.close();
  });

  test('never by what a relay answers', () => {
    const wire = scripted();
    for (const path of ['/a', '/b', '/c']) expect(wire.request(get(path))).toMatchObject({ status: 200, body: path });
    expect(wire.isDead).toBe(false);
    wire.close();
  });
});

test('what a relay is told while its process is gone waits until it starts again, in its order', () => {
  const told: WireCommand[] = [];
  const wire: Wire = {
    target: { kind: 'spawn' },
    isDead: false,
    request: () => ({ status: 0, body: '', retryAfterMs: 0 }),
    command(command) {
      told.push(command);
      return [];
    },
    close: () => undefined,
  };
  const modelled: string[] = [];
  const reference: StoreControl = {
    freeze: () => void modelled.push('freeze'),
    thaw: () => void modelled.push('thaw'),
    loseFrozen: () => void modelled.push('loseFrozen'),
    loseTail: () => void modelled.push('loseTail'),
  };
  const control = relayControl(wire, reference, () => undefined);
  control.freeze(2);
  control.kill!();
  control.thaw();
  control.loseTail(3);
  expect(told.map(({ name }) => name)).toEqual(['freeze', 'kill']);
  // The modelled relay is told at once.
  expect(modelled).toEqual(['freeze', 'thaw', 'loseTail']);
  control.revive!();
  expect(told.slice(2)).toEqual([{ name: 'revive' }, { name: 'thaw' }, { name: 'loseTail', count: 3 }]);
  control.loseTail(1);
  expect(told).toHaveLength(6);
});
