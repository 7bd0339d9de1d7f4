import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ENTITY_TYPES, entityName } from '../../models/entities.ts';
import type { EntityType } from '../../models/entities.ts';
import type { Change10, Change11, PulledChange11 } from '../../relay-adapter/protocol.ts';
import {
  encodeChange,
  encodeErrorBody,
  encodePullRequest,
  encodePullResponse,
  encodePushRequest,
  encodePushResponse,
} from '../../relay-adapter/protocol-codec.ts';
import {
  base64Length,
  changeBytes10,
  changeBytes11,
  coversBytes,
  cursorBytes,
  digits,
  errorBytes,
  pullRequestBytes10,
  pullRequestBytes11,
  pullResponseBytes,
  pushRequestBytes,
  pushResponseBytes,
  vectorBytes,
} from '../../relay-adapter/protocol-size.ts';
import { pull10, pull11, pulled10, pulled11, push10, push11, pushed11, whole } from './bodies.ts';

function bytes(text: string): number {
  return Buffer.byteLength(text);
}

function sizeOfVector(vector: Record<string, number>): number {
  const counts = Object.values(vector);
  return vectorBytes(
    counts.length,
    counts.reduce((total, count) => total + String(count).length, 0),
  );
}

function payloadOf(change: { encrypted_payload: string }): number {
  return Buffer.from(change.encrypted_payload, 'base64').length;
}

function sizeOf10(change: Change10): number {
  const { entity_type, entity_id, operation, version_vector, timestamp } = change;
  const vector = sizeOfVector(version_vector);
  const namesDevice = change.device_id !== undefined;
  return changeBytes10(
    entity_type.length,
    entity_id.length,
    operation.length,
    payloadOf(change),
    vector,
    timestamp,
    namesDevice,
  );
}

function sizeOf11(change: Change11 | PulledChange11): number {
  const { entity_type, entity_id, operation, timestamp, sequence, seen_cursor } = change;
  const seen = seen_cursor?.length ?? 0;
  const plain = changeBytes11(
    entity_type.length,
    entity_id.length,
    operation.length,
    payloadOf(change),
    timestamp,
    sequence,
    seen,
  );
  const covered = change.operation === 'SNAPSHOT' ? coversBytes(change.covers.length) : 0;
  return plain + covered + ('cursor' in change ? cursorBytes(change.cursor.length) : 0);
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}

describe('sizes without the text equal those of the text', () => {
  test('of changes and pushes', () => {
    fc.assert(
      fc.property(push10, (body) => {
        const sizes = body.changes.map(sizeOf10);
        expect(sizes).toEqual(body.changes.map((change) => bytes(encodeChange(change))));
        expect(pushRequestBytes('1.0', sizes.length, sum(sizes), body.timestamp)).toBe(bytes(encodePushRequest(body)));
      }),
      { seed: 1, numRuns: 500 },
    );
    fc.assert(
      fc.property(push11, (body) => {
        const sizes = body.changes.map(sizeOf11);
        expect(sizes).toEqual(body.changes.map((change) => bytes(encodeChange(change))));
        expect(pushRequestBytes('1.1', sizes.length, sum(sizes), body.timestamp)).toBe(bytes(encodePushRequest(body)));
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  test('of pulls', () => {
    fc.assert(
      fc.property(pull10, (body) => {
        expect(pullRequestBytes10(body.since_timestamp, sizeOfVector(body.sync_vector))).toBe(
          bytes(encodePullRequest(body)),
        );
      }),
      { seed: 3 },
    );
    fc.assert(
      fc.property(pull11, (body) => {
        expect(pullRequestBytes11(body.cursor?.length ?? 0)).toBe(bytes(encodePullRequest(body)));
      }),
      { seed: 4 },
    );
  });

  test('of answers to pushes', () => {
    fc.assert(
      fc.property(pushed11, (body) => {
        const reasons = sum(body.rejected.map(({ reason }) => reason.length));
        const size = pushResponseBytes(body.accepted.length, body.rejected.length, reasons, body.timestamp);
        expect(size).toBe(bytes(encodePushResponse(body)));
        expect(size).toBe(bytes(encodePushResponse({ ...body, protocol_version: '1.0.0' })));
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  test('of pages', () => {
    fc.assert(
      fc.property(pulled10, (body) => {
        const size = sum(body.changes.map(sizeOf10));
        expect(pullResponseBytes('1.0', body.changes.length, size, 0, body.has_more, body.timestamp)).toBe(
          bytes(encodePullResponse(body)),
        );
      }),
      { seed: 6 },
    );
    fc.assert(
      fc.property(pulled11, (body) => {
        const size = sum(body.changes.map(sizeOf11));
        expect(
          pullResponseBytes('1.1', body.changes.length, size, body.cursor.length, body.has_more, body.timestamp),
        ).toBe(bytes(encodePullResponse(body)));
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  test('of errors, numbers and payloads', () => {
    fc.assert(
      fc.property(whole, fc.nat({ max: 300 }), (timestamp, length) => {
        const body = { error: { code: 'UNAVAILABLE', message: 'x'.repeat(length) }, timestamp };
        expect(errorBytes(11, length, timestamp)).toBe(bytes(encodeErrorBody(body)));
        expect(digits(timestamp)).toBe(String(timestamp).length);
        expect(base64Length(length)).toBe(Buffer.alloc(length).toString('base64').length);
      }),
      { seed: 8 },
    );
  });
});

describe('sizes of the workload, in 1.1', () => {
  const NOW_MS = 1_767_225_600_000;
  const PAYLOAD_BYTES: Record<EntityType, number> = { transaction: 220, account: 174, invoice: 255 };

  function created(entityType: EntityType): number {
    return changeBytes11(
      entityType.length,
      entityName(entityType, 700, 700).length,
      6,
      PAYLOAD_BYTES[entityType],
      NOW_MS,
      100,
      4,
    );
  }

  function push(count: number): number {
    const mean = sum(ENTITY_TYPES.map(created)) / ENTITY_TYPES.length;
    return pushRequestBytes('1.1', count, mean * count, NOW_MS);
  }

  function expectWithin(actual: number, expected: number, share: number): void {
    expect(actual).toBeGreaterThan(expected * (1 - share));
    expect(actual).toBeLessThan(expected * (1 + share));
  }

  test('a change is 480-590 bytes and a push of one 590-690, both within 5%', () => {
    expectWithin(created('account'), 480, 0.05);
    expectWithin(created('invoice'), 590, 0.05);
    expectWithin(pushRequestBytes('1.1', 1, created('account'), NOW_MS), 590, 0.05);
    expectWithin(pushRequestBytes('1.1', 1, created('invoice'), NOW_MS), 690, 0.05);
  });

  test('pushes of three, five and twenty are about 1.7, 2.8 and 10.6 kB', () => {
    expectWithin(push(3), 1700, 0.03);
    expectWithin(push(5), 2800, 0.03);
    expectWithin(push(20), 10_600, 0.03);
  });

  test('a pull is about 115 bytes, within 10%', () => {
    expectWithin(pullRequestBytes11(6), 115, 0.1);
    expectWithin(pullRequestBytes11(0), 115, 0.1);
    expectWithin(pullRequestBytes10(NOW_MS, vectorBytes(0, 0)), 115, 0.01);
  });
});
