// Requests for tests of the relay's app.

import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { actorId, changeId, deviceId, ledgerId } from '../../../models/identity.ts';
import type { Change10, Change11 } from '../../../relay-adapter/protocol.ts';
import { type RelayAppOptions, relayApp } from '../../../relay-adapter/server/app.ts';
import { MemoryStore } from './memory-store.ts';

export const SECRET = 'a secret of the tests';
export const LEDGER = ledgerId(1);
export const DEVICE = deviceId(7);
export const OTHER_DEVICE = deviceId(8);

export async function openRelay(options: Partial<RelayAppOptions> = {}) {
  const store = new MemoryStore();
  const app = await relayApp({ store, rateLimitPerMinute: 0, nowMs: () => 1_767_225_600_000, ...options });
  return { app, store };
}

export function change11(sequence: number, more: Partial<Change11> = {}, device = 7): Change11 {
  return {
    id: changeId(device, 0, sequence),
    entity_type: 'transaction',
    entity_id: `entity-${sequence}`,
    operation: 'CREATE',
    encrypted_payload: Buffer.from(`payload ${sequence}`).toString('base64'),
    timestamp: 1_767_225_600_000 + sequence,
    actor: actorId(device, 0),
    sequence,
    ...more,
  } as Change11;
}

export function change10(sequence: number, more: Partial<Change10> = {}): Change10 {
  return {
    id: changeId(7, 0, sequence),
    entity_type: 'transaction',
    entity_id: `entity-${sequence}`,
    operation: 'CREATE',
    encrypted_payload: 'AAAA',
    version_vector: { [DEVICE]: sequence },
    timestamp: 1000 + sequence,
    ...more,
  };
}

export function push11(changes: readonly unknown[], more: object = {}): object {
  return { protocol_version: '1.1.0', ledger_id: LEDGER, device_id: DEVICE, timestamp: 1, changes, ...more };
}

export function pull11(more: object = {}): object {
  return { protocol_version: '1.1.0', ledger_id: LEDGER, device_id: DEVICE, ...more };
}

export function push10(changes: readonly unknown[], more: object = {}): object {
  return { protocol_version: '1.0.0', device_id: DEVICE, timestamp: 1, changes, ...more };
}

export function pull10(more: object = {}): object {
  return { protocol_version: '1.0.0', device_id: DEVICE, since_timestamp: 0, sync_vector: {}, ...more };
}

/** Posts a body to `/sync/push` or `/sync/pull`; a text is sent as it is. */
export function post(
  app: FastifyInstance,
  what: 'push' | 'pull',
  body: object | string,
  headers: Record<string, string> = {},
): Promise<LightMyRequestResponse> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const url = `/sync/${what}`;
  return app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json', ...headers } });
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}
