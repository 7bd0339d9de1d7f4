// What a seed's storm is made of, before it runs: its configuration, and documents that load. Main thread and workers
// make the same of the same input.
import type { DocumentType } from '../models/documents/port.ts';
import type { Config } from '../scenarios/config-schema.ts';
import { checkSync, loadDocuments } from '../scenarios/documents.ts';
import { specimenOf } from '../scenarios/relay-specimens.ts';
import type { RunInput } from '../scenarios/result.ts';
import { shapeOf } from '../scenarios/search/hunt.ts';
import { huntConfig } from '../scenarios/search/investigate.ts';
import { guarded, installGuard } from '../sim/guard.ts';

/**
 * The configuration of a seed's storm, and its documents.
 * @throws InputError for what could not be run: a key that is wrong, documents that do not load or cannot do what the
 *   configuration asks of them
 */
export async function prepareStorm(
  input: RunInput,
  seed: string,
): Promise<{ config: Config; documents: DocumentType }> {
  const config = stormConfig(input, seed);
  specimenOf(config.relay.specimen);
  const documents = input.documents ?? (await loadDocuments(config.documents));
  checkSync(config, documents);
  return { config, documents };
}

/** The same, of documents that are known to load. What a scenario says of its configuration is simulated code. */
export function stormConfig(input: RunInput, seed: string): Config {
  installGuard();
  return guarded(() => huntConfig(input, seed, shapeOf(seed)));
}
