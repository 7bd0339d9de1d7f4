import { describe, expect, test } from 'vitest';
import lww from '../../../../models/documents/lww.ts';
import type { DocumentType } from '../../../../models/documents/port.ts';
import preferLocal, { registers } from '../../../../models/documents/specimens/prefer-local.ts';
import { exitCodeOf } from '../../../../scenarios/result.ts';
import { storm, type Storm } from '../../../contract/storm.ts';

/** Edits that every type here takes. */
const config = { workload: { allKindsShare: 0 } };
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

async function storms(documents: DocumentType): Promise<Storm[]> {
  const list: Storm[] = [];
  for (const seed of SEEDS) list.push(await storm({ seed, documents, config }));
  return list;
}

describe('documents that prefer their own value', () => {
  test('are found by the convergence oracle within 20 seeds', async () => {
    const found = (await storms(preferLocal)).filter(({ result }) => result.findings.length > 0);
    expect(found.length).toBeGreaterThan(0);
    for (const { result, world } of found) {
      expect(result.verdict).toBe('safety');
      expect(exitCodeOf(result)).toBe(1);
      expect(result.findings[0]).toMatchObject({ oracle: 'convergence', signature: 'convergence:fields' });
      // The finding says what the devices do see, at one place.
      const { place, groups, ...values } = result.findings[0]!.detail as Record<string, unknown>;
      const [entity, field] = String(place).split('/') as [string, string];
      expect((groups as number[][]).length).toBeGreaterThan(1);
      const seen = Object.entries(values).filter(([key]) => key.startsWith('device '));
      expect(seen.length).toBe(2);
      expect(seen[0]![1]).not.toBe(seen[1]![1]);
      for (const [device, value] of seen) {
        const { replica } = world.devices[Number(device.replace('device ', ''))]!;
        expect(replica.view()[entity]?.fields?.[field]).toBe(value);
      }
    }
  });

  test.each([lww, registers('registers', false)])(
    'have correct siblings, such as $name, that stay clean',
    async (type) => {
      for (const { result, world } of await storms(type)) {
        expect(result.findings).toEqual([]);
        expect(world.measures.changesAccepted.value).toBeGreaterThan(0);
      }
    },
  );

  test('are stormed with the same edits as their correct siblings', async () => {
    const [broken, correct] = [
      await storm({ seed: 1, documents: preferLocal, config }),
      await storm({ seed: 1, config }),
    ];
    expect(broken.world.table.count).toBe(correct.world.table.count);
    expect(broken.world.measures.concurrentModifications.value).toBeGreaterThan(0);
  });
});
