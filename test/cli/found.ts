// Real findings for tests: the first seed's storm in which an oracle speaks, recorded and shrunk. The guard stands before
// any document library is loaded.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import type { DocumentType } from '../../models/documents/port.ts';
import { storm } from '../../scenarios/profiles/storm.ts';
import { resolveConfig } from '../../scenarios/config.ts';
import { loadDocuments } from '../../scenarios/documents.ts';
import { scenarioOf } from '../../scenarios/run.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import { investigate } from '../../scenarios/search/investigate.ts';
import { stormOf } from '../../scenarios/search/trial.ts';
import { installGuard } from '../../sim/guard.ts';

installGuard();

export interface Found {
  readonly file: FindingFile;
  readonly documents: DocumentType;
}

export interface Wanted {
  readonly oracle: string;
  /** The first seed that is tried. */
  readonly from?: number;
  readonly relaySpecimen?: string;
  /** Faults by their settings; as a swarm has them where left out. */
  readonly faults?: Readonly<Record<string, number>>;
}

const SEEDS = 200;

/** A finding of documents by name or by file, from the project's root. */
export async function foundBy(
  name: string,
  { oracle, from = 1, relaySpecimen = 'none', faults }: Wanted,
): Promise<Found> {
  const documents = await documentsOf(name);
  const scenario = scenarioOf('crdt-conflicts');
  for (let seed = from; seed < from + SEEDS; seed++) {
    const users = 2 + (seed % 4);
    const profile = { ...storm, users, conflictUsers: users, editsInAll: 10 + ((seed * 37) % 60), durationMs: 90_000 };
    const relay = { specimen: relaySpecimen, ...(relaySpecimen === 'page-tie' && { pageSize: 3 }) };
    const config = resolveConfig(
      { profile, seed: String(seed), config: { documents: name, faults: faults ?? 'swarm', relay } },
      scenario,
    );
    const finding = stormOf(scenario, config, documents).findings.find((each) => each.oracle === oracle);
    if (finding === undefined) continue;
    const file = investigate(scenario, config, documents, finding.signature, {
      versions: { node: process.versions.node, yjs: '13.6.33' },
      replayCommand: (path) => `npx squall replay ${path}`,
      fileOf: () => 'findings/one.json',
    });
    if (file !== undefined) return { file, documents };
  }
  throw new Error(`no storm of ${name} in which ${oracle} speaks`);
}

/** The documents of a name, or of a file. */
export async function documentsOf(name: string): Promise<DocumentType> {
  if (!name.includes('/')) return loadDocuments(name);
  const module = (await import(pathToFileURL(resolve(name)).href)) as { default: DocumentType };
  return module.default;
}

/** The file of a document specimen. */
export function specimenFile(name: string): string {
  return `models/documents/specimens/${name}.ts`;
}

/** An empty folder, which is gone after the test. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'squall-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
