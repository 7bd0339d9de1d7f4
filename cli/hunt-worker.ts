// A worker thread of a hunt: runs seeds, records and shrinks findings. What it loads is loaded once and kept for the
// thread's later tasks. It must not write files or print.
import type { DocumentType } from '../models/documents/port.ts';
import type { Config } from '../scenarios/config-schema.ts';
import { loadDocuments } from '../scenarios/documents.ts';
import type { RunInput } from '../scenarios/result.ts';
import { grantToSearches } from '../relay-adapter/wire/access.ts';
import { scenarioOf } from '../scenarios/run.ts';
import type { ScenarioDefinition } from '../scenarios/scenario.ts';
import type { FindingFile } from '../scenarios/search/finding-file.ts';
import { type FindingContext, investigate, shrinkOn } from '../scenarios/search/investigate.ts';
import type { ShrinkHooks } from '../scenarios/search/shrink-search.ts';
import { stormOf, trialOf } from '../scenarios/search/trial.ts';
import { installGuard } from '../sim/guard.ts';
import { isFileName } from './files.ts';
import { breathe, nowMs } from './host.ts';
import {
  dataOfError,
  type FileAnswer,
  type HuntSetup,
  type HuntTask,
  type Investigated,
  type InvestigateTask,
  isStopping,
  type SeedDone,
  type SeedsAnswer,
  type SeedsTask,
  type ShrinkTask,
  Slot,
} from './hunt-tasks.ts';
import { loadDocumentsFile, loadScenario } from './input.ts';
import { stormConfig } from './storm.ts';

/** Carries out a task. What goes wrong in a storm is part of the answer; all else is thrown. */
export default async function carryOut(task: HuntTask): Promise<SeedsAnswer | FileAnswer> {
  installGuard();
  const slot = new Slot(task.shared, task.slot);
  slot.beat();
  const { access } = task.setup.input;
  if (access !== undefined) grantToSearches(access);
  switch (task.kind) {
    case 'seeds':
      return runSeeds(task, slot);
    case 'investigate':
      return investigateSeed(task, slot);
    case 'shrink':
      return shrinkFile(task, slot);
  }
}

interface Loaded {
  readonly scenario: ScenarioDefinition;
  readonly input: RunInput;
}

let loaded: Promise<Loaded> | undefined;

function load({ cwd, scenario: named, input }: HuntSetup): Promise<Loaded> {
  loaded ??= (async () => {
    const scenario = isFileName(named) ? await loadScenario(named, cwd) : scenarioOf(named);
    return { scenario, input: { ...input, scenario } };
  })();
  return loaded;
}

const documentsByName = new Map<string, Promise<DocumentType>>();

/** Documents by the configuration's name for them: a type of ours, or a file. */
function documentsOf(name: string, cwd: string, field?: string): Promise<DocumentType> {
  let documents = documentsByName.get(name);
  if (documents === undefined) {
    documents = isFileName(name) ? loadDocumentsFile(name, cwd, field) : loadDocuments(name);
    documentsByName.set(name, documents);
  }
  return documents;
}

async function runSeeds({ setup, seeds, shared }: SeedsTask, slot: Slot): Promise<SeedsAnswer> {
  const done: SeedDone[] = [];
  for (const seed of seeds) {
    if (isStopping(shared)) break;
    try {
      const { scenario, config, documents } = await storm(setup, seed);
      slot.begin();
      done.push({ seed, outcome: stormOf(scenario, config, documents) });
    } catch (error) {
      return { done, failed: { seed, error: dataOfError(error) } };
    }
    // What the documents left for later comes to light here, as long as it is known whose it is.
    await breathe();
  }
  return { done };
}

async function investigateSeed(task: InvestigateTask, slot: Slot): Promise<FileAnswer> {
  const { setup, seed, signature } = task;
  try {
    const { scenario, config, documents } = await storm(setup, seed);
    slot.begin();
    const file = investigate(scenario, config, documents, signature, contextOf(setup), hooksOf(task, slot));
    return { found: investigated(file, documents) };
  } catch (error) {
    return { found: null, failed: dataOfError(error) };
  }
}

function investigated(file: FindingFile | undefined, documents: DocumentType): Investigated | null {
  return file === undefined ? null : { file, outcome: trialOf(documents)(file.config, file.plan) };
}

/** What a seed's storm is made of. */
async function storm(
  setup: HuntSetup,
  seed: string,
): Promise<{ scenario: ScenarioDefinition; config: Config; documents: DocumentType }> {
  const { scenario, input } = await load(setup);
  const config = stormConfig(input, seed);
  return { scenario, config, documents: await documentsOf(config.documents, setup.cwd) };
}

async function shrinkFile(task: ShrinkTask, slot: Slot): Promise<FileAnswer> {
  const { setup, file } = task;
  try {
    const documents = await documentsOf(file.documents, setup.cwd, 'documents of the finding');
    slot.begin();
    return { found: investigated(shrinkOn(file, documents, contextOf(setup), hooksOf(task, slot)), documents) };
  } catch (error) {
    return { found: null, failed: dataOfError(error) };
  }
}

/** Whoever writes the file knows where, and so what replays it. */
function contextOf({ versions }: HuntSetup): FindingContext {
  return { versions, fileOf: () => '', replayCommand: () => '' };
}

function hooksOf({ limitMs, shared }: InvestigateTask | ShrinkTask, slot: Slot): ShrinkHooks {
  const endMs = nowMs() + limitMs;
  return {
    mayGoOn() {
      slot.beat();
      return !isStopping(shared) && nowMs() < endMs;
    },
    onProgress: (progress) => slot.report(progress),
  };
}
