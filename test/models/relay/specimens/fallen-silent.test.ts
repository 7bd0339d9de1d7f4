import { describe, expect, test } from 'vitest';
import { fallsSilent } from '../../../../models/relay/specimens/fallen-silent.ts';
import { exitCodeOf } from '../../../../scenarios/result.ts';
import { storm } from '../../../contract/storm.ts';

const MINUTE_MS = 60_000;

describe('a relay that falls silent', () => {
  test('is found by the liveness oracle, with every device that did not come to its end', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { result, world } = await storm({
        seed,
        wrapPort: (port, nowMs) => fallsSilent(port, () => nowMs() > MINUTE_MS),
      });
      expect(result.verdict).toBe('liveness');
      expect(exitCodeOf(result)).toBe(4);
      // It is not known what devices would have agreed on: no other oracle judges.
      expect(result.findings.map(({ oracle, kind }) => [oracle, kind])).toEqual([['liveness', 'liveness']]);
      const end = world.port.end(0);
      const stuck = world.devices.filter(({ client, position }) => client.outboxLength > 0 || position < end);
      expect(stuck.length).toBeGreaterThan(0);
      expect(result.findings[0]!.devices).toEqual(stuck.map(({ index }) => index));
      expect(result.findings[0]!.detail).toMatchObject({
        budgetMs: 300_000,
        changesUnsent: stuck.reduce((sum, { client }) => sum + client.outboxLength, 0),
      });
      // The whole budget was given.
      expect(result.durationMs).toBe(2 * MINUTE_MS + 300_000);
    }
  });

  test('and speaks again within the budget is no finding', async () => {
    for (const seed of [1, 2, 3]) {
      const { result } = await storm({
        seed,
        wrapPort: (port, nowMs) => fallsSilent(port, () => nowMs() > MINUTE_MS && nowMs() < 4 * MINUTE_MS),
      });
      expect(result.findings).toEqual([]);
      expect(result.durationMs).toBeGreaterThan(4 * MINUTE_MS);
    }
  });
});
