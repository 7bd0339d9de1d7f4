// Findings of storms with an incident: what went wrong is in the configuration, so it happens again in each trial and replay.
import { expect, test } from 'vitest';
import type { IncidentOptions } from '../../../models/incident-options.ts';
import type { Config } from '../../../scenarios/config-schema.ts';
import { loadDocuments } from '../../../scenarios/documents.ts';
import { scenarioOf } from '../../../scenarios/run.ts';
import { findingFileText, parseFindingFile } from '../../../scenarios/search/finding-file.ts';
import { shapeOf } from '../../../scenarios/search/hunt.ts';
import { huntConfig, investigate } from '../../../scenarios/search/investigate.ts';
import { replayOf } from '../../../scenarios/search/replay.ts';
import { stormOf, trialOf } from '../../../scenarios/search/trial.ts';

const CONTEXT = { versions: {}, replayCommand: (path: string) => path, fileOf: () => 'one.json' };

// Without faults nothing but the incident makes an answer come too late, or not at all.
test.each<Partial<IncidentOptions>>([
  { kind: 'slow-store', atMs: 20_000, forMs: 60_000, factor: 20_000 },
  { kind: 'reconnect-storm', atMs: 200, forMs: 3000, share: 0.7 },
])('a finding that needs its incident is found, shrunk and replayed: $kind', async (incident) => {
  const scenario = scenarioOf('crdt-conflicts');
  const documents = await loadDocuments('lww');
  const configOf = (seed: string): Config =>
    huntConfig(
      {
        scenario,
        config: { faults: 'none', relay: { specimen: 'retry-refused' }, oracles: 'all', incident },
      },
      seed,
      shapeOf(seed),
    );
  const seeds = Array.from({ length: 40 }, (_, at) => String(at + 1));
  const seed = seeds.find((each) => stormOf(scenario, configOf(each), documents).findings.length > 0);
  expect(seed).toBeDefined();
  const config = configOf(seed!);
  const { signature } = stormOf(scenario, config, documents).findings[0]!;
  const file = investigate(scenario, config, documents, signature, CONTEXT)!;
  expect(file.sizeAfter.edits).toBeLessThan(file.sizeBefore.edits);
  const read = parseFindingFile('one.json', findingFileText(file));
  expect(read.config.incident).toMatchObject(incident);
  const replay = replayOf(read, documents);
  expect(replay).toMatchObject({ verdict: 'reproduced', isExact: true });
  const calm = { ...read.config, incident: { ...read.config.incident, kind: 'none' as const } };
  expect(trialOf(documents)(calm, read.plan).findings).toEqual([]);
});
