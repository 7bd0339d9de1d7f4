// Each relay with a planted bug in storms: the oracle that it names finds it, and the correct relay stays clean in the
// same storms.

import { describe, expect, test } from 'vitest';
import { RELAY_SPECIMENS } from '../../../../models/relay/specimens/specimens.ts';
import { run } from '../../../../scenarios/run.ts';

/** Far fewer than the seeds of a hunt: faults come often here. */
const SEEDS = 40;
const FAULTS = {
  failoversPerHour: 120,
  lostResponsesPerHour: 120,
  retentionsPerHour: 300,
};

async function oraclesOf(seed: number, relay: object, faults: object): Promise<string[]> {
  const config = { relay, faults };
  const { result } = await run({ scenario: 'crdt-conflicts', profile: 'storm', seed, config });
  return result.findings.map(({ oracle }) => oracle);
}

describe.each(RELAY_SPECIMENS.map((specimen) => [specimen.name, specimen] as const))('%s', (name, specimen) => {
  const relay = specimen.needs?.config?.relay ?? {};
  const faults = specimen.needs?.faults === undefined ? {} : FAULTS;

  test(`is found by the ${specimen.oracle} oracle, where the correct relay is not`, { timeout: 60_000 }, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      expect(await oraclesOf(seed, relay, faults)).toEqual([]);
      if ((await oraclesOf(seed, { ...relay, specimen: name }, faults)).includes(specimen.oracle)) return;
    }
    expect.fail(`not found in ${SEEDS} storms`);
  });

  if (specimen.needs?.config !== undefined) {
    test('is not reached without the configuration that it asks for', async () => {
      expect(await oraclesOf(1, { pageSize: 1000, specimen: name }, faults)).toEqual([]);
    });
  }
});
