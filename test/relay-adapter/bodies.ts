// Arbitrary bodies of the protocol for property tests: valid ones, with ids of the lengths that Squall gives.

import fc from 'fast-check';
import { actorId, changeId, deviceId, ledgerId } from '../../models/identity.ts';
import type {
  Change10,
  Change11,
  PulledChange11,
  PullRequest10,
  PullRequest11,
  PullResponse10,
  PullResponse11,
  PushRequest10,
  PushRequest11,
  PushResponse11,
} from '../../relay-adapter/protocol.ts';

const index = fc.nat({ max: 100_000 });
export const whole = fc.oneof(
  fc.maxSafeNat(),
  fc.nat({ max: 1000 }),
  fc.constantFrom(0, 9, 10, 99, 100, 1_767_225_600_000),
);
export const cursorText = fc.stringMatching(/^[A-Za-z0-9+/=_-]{1,20}$/);
const payloadText = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .map((bytes) => Buffer.from(bytes).toString('base64'));
const vector = fc
  .array(fc.tuple(index, whole), { maxLength: 4 })
  .map((entries) => Object.fromEntries(entries.map(([device, count]) => [deviceId(device), count])));

const common = {
  id: fc.tuple(index, fc.nat({ max: 9 }), index).map(([device, life, sequence]) => changeId(device, life, sequence)),
  entity_type: fc.constantFrom('transaction', 'account', 'invoice', 'ledger'),
  entity_id: fc.stringMatching(/^[a-z0-9-]{1,30}$/),
  encrypted_payload: payloadText,
  timestamp: whole,
};
const edited = fc.constantFrom('CREATE' as const, 'UPDATE' as const, 'DELETE' as const);

export const change10: fc.Arbitrary<Change10> = fc.record(
  { ...common, operation: edited, version_vector: vector, device_id: index.map((device) => deviceId(device)) },
  { requiredKeys: ['id', 'entity_type', 'entity_id', 'encrypted_payload', 'timestamp', 'operation', 'version_vector'] },
);

const written = {
  ...common,
  actor: fc.tuple(index, fc.nat({ max: 9 })).map(([device, life]) => actorId(device, life)),
  sequence: whole,
};
const authored = [
  'id',
  'entity_type',
  'entity_id',
  'encrypted_payload',
  'timestamp',
  'operation',
  'actor',
  'sequence',
] as const;

export const change11: fc.Arbitrary<Change11> = fc.oneof(
  fc.record({ ...written, operation: edited, seen_cursor: cursorText }, { requiredKeys: [...authored] }),
  fc.record(
    { ...written, operation: fc.constant('SNAPSHOT' as const), seen_cursor: cursorText, covers: cursorText },
    { requiredKeys: [...authored, 'covers'] },
  ),
);

export const pulledChange11: fc.Arbitrary<PulledChange11> = fc
  .tuple(change11, cursorText)
  .map(([change, cursor]) => ({ ...change, cursor }));

const device_id = index.map((device) => deviceId(device));
const ledger_id = index.map((ledger) => ledgerId(ledger));

export const push10: fc.Arbitrary<PushRequest10> = fc.record({
  protocol_version: fc.constant('1.0.0' as const),
  device_id,
  timestamp: whole,
  changes: fc.array(change10, { maxLength: 4 }),
});

export const push11: fc.Arbitrary<PushRequest11> = fc.record({
  protocol_version: fc.constant('1.1.0' as const),
  ledger_id,
  device_id,
  timestamp: whole,
  changes: fc.array(change11, { maxLength: 4 }),
});

export const pull10: fc.Arbitrary<PullRequest10> = fc.record({
  protocol_version: fc.constant('1.0.0' as const),
  device_id,
  since_timestamp: whole,
  sync_vector: vector,
});

export const pull11: fc.Arbitrary<PullRequest11> = fc.record(
  { protocol_version: fc.constant('1.1.0' as const), ledger_id, device_id, cursor: cursorText },
  { requiredKeys: ['protocol_version', 'ledger_id', 'device_id'] },
);

/** A relay's answer as Squall's relay gives it: successful exactly where nothing was rejected. */
export const pushed11: fc.Arbitrary<PushResponse11> = fc
  .record({
    protocol_version: fc.constant('1.1.0' as const),
    accepted: fc.array(common.id, { maxLength: 4 }),
    rejected: fc.array(fc.record({ id: common.id, reason: fc.stringMatching(/^[a-z ]{0,20}$/) }), { maxLength: 3 }),
    timestamp: whole,
  })
  .map((response) => ({ ...response, success: response.rejected.length === 0 }));

export const pulled10: fc.Arbitrary<PullResponse10> = fc.record({
  protocol_version: fc.constant('1.0.0' as const),
  changes: fc.array(change10, { maxLength: 4 }),
  has_more: fc.boolean(),
  timestamp: whole,
});

export const pulled11: fc.Arbitrary<PullResponse11> = fc.record({
  protocol_version: fc.constant('1.1.0' as const),
  changes: fc.array(pulledChange11, { maxLength: 4 }),
  cursor: cursorText,
  has_more: fc.boolean(),
  timestamp: whole,
});
