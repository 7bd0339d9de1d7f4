// Hunts every planted bug and shrinks what is found (`npm run sweep:specimens`), and writes the table of it into
// docs/trust.md. What the table says is the same on every machine; the test beside it holds it.

import { installGuard } from '../../sim/guard.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import { DOCUMENT_SPECIMENS } from '../../models/documents/specimens/specimens.ts';
import { RELAY_SPECIMENS } from '../../models/relay/specimens/specimens.ts';
import type { Config, ConfigLayer } from '../../scenarios/config-schema.ts';
import { loadDocuments } from '../../scenarios/documents.ts';
import { scenarioOf } from '../../scenarios/run.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import { shapeOf } from '../../scenarios/search/hunt.ts';
import { huntConfig, investigate } from '../../scenarios/search/investigate.ts';
import { stormOf } from '../../scenarios/search/trial.ts';
import { replaceBlock } from './block.ts';

/** Seeds in which a specimen has to be found. */
export const SEEDS_MAX = 200;

const SCENARIO = 'crdt-conflicts';
/** The table's files are never written; their commands need a name nevertheless. */
const CONTEXT = {
  versions: {},
  replayCommand: (file: string) => `npx squall replay ${file}`,
  fileOf: (signature: string) => `findings/${signature}.json`,
};

/**
 * Faults that a bug is hunted with in the place of swarm, where that rarely brings together what it takes: one storm in
 * 300 has a device crash at the moment at which it holds changes back.
 */
const OWN_FAULTS: Readonly<Record<string, ConfigLayer['faults']>> = {
  'drops-held-back': {
    name: 'none',
    lossRate: 0.2,
    partitionsPerHour: 120,
    partitionMsMean: 8000,
    overtakesPerHour: 6000,
    crashesPerHour: 150,
    crashMsMean: 2000,
  },
};

/** A planted bug, and how a storm comes to have it. */
export interface Planted {
  readonly name: string;
  readonly bug: string;
  readonly oracle: string;
  readonly documents: DocumentType;
  readonly layer: ConfigLayer;
}

/** What a hunt for one makes of it. */
export interface Hunted {
  readonly planted: Planted;
  /** How many seeds were needed, that one among them. */
  readonly seeds: number;
  readonly config: Config;
  readonly file: FindingFile;
}

/** All specimens, documents first. */
export async function plantedBugs(): Promise<Planted[]> {
  installGuard();
  const documents = await Promise.all(
    DOCUMENT_SPECIMENS.map(async ({ name, bug, oracle, load }) => {
      const { default: type } = await load();
      const faults = OWN_FAULTS[name];
      return { name, bug, oracle, documents: type, layer: faults === undefined ? {} : { faults } };
    }),
  );
  const lww = await loadDocuments('lww');
  const relays = RELAY_SPECIMENS.map(({ name, bug, oracle, needs }) => {
    const relay = { ...needs?.config?.relay, specimen: name };
    return { name, bug, oracle, documents: lww, layer: { relay } };
  });
  return [...documents, ...relays];
}

/** The first of the seeds 1, 2, … under swarm whose storm has a finding of the oracle; undefined where none has. */
export function huntFor(planted: Planted): Hunted | undefined {
  const { documents, oracle, layer } = planted;
  const scenario = scenarioOf(SCENARIO);
  for (let seeds = 1; seeds <= SEEDS_MAX; seeds++) {
    const seed = String(seeds);
    const input = { scenario: SCENARIO, config: { faults: 'swarm', ...layer } };
    const config = huntConfig(input, seed, shapeOf(seed));
    const finding = stormOf(scenario, config, documents).findings.find((each) => each.oracle === oracle);
    if (finding === undefined) continue;
    const file = investigate(scenario, config, documents, finding.signature, CONTEXT);
    if (file === undefined) throw new Error(`${planted.name}: the plan of seed ${seed} does not show its finding`);
    return { planted, seeds, config, file };
  }
  return undefined;
}

/** The table, in Markdown. */
export function tableOf(hunted: readonly Hunted[]): string {
  const lines = [
    '| specimen | oracle | seeds until found | devices, edits, faults before | after |',
    '| --- | --- | --- | --- | --- |',
  ];
  for (const { planted, seeds, file } of hunted) {
    const [before, after] = [file.sizeBefore, file.sizeAfter].map(
      ({ devices, edits, faults }) => `${devices}, ${edits}, ${faults}`,
    );
    const name = `\`${planted.name}\`${planted.layer.faults === undefined ? '' : ' (with faults of its own)'}`;
    lines.push(`| ${name}: ${planted.bug} | ${planted.oracle} | ${seeds} | ${before} | ${after} |`);
  }
  return lines.join('\n');
}

async function main(): Promise<void> {
  const hunted: Hunted[] = [];
  for (const planted of await plantedBugs()) {
    const found = huntFor(planted);
    if (found === undefined) {
      console.log(`✗ ${planted.name}: not found in ${SEEDS_MAX} seeds`);
      process.exitCode = 1;
      continue;
    }
    hunted.push(found);
    const { devices, edits } = found.file.sizeAfter;
    console.log(`✓ ${planted.name}: seed ${found.seeds}, ${devices} devices and ${edits} edits`);
  }
  replaceBlock('docs/trust.md', 'specimens', tableOf(hunted));
}

if (import.meta.main) await main();
