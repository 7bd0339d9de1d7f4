// A worker thread of a capacity question: runs points of load. What it loads is loaded once and kept for the thread's later
// tasks. It must not write files or print.
import type { DocumentType } from '../../models/documents/port.ts';
import { pointConfig, runPoint } from '../../scenarios/capacity/point.ts';
import { overLayer } from '../../scenarios/capacity/layers.ts';
import { loadDocuments } from '../../scenarios/documents.ts';
import type { RunInput } from '../../scenarios/result.ts';
import { run, scenarioOf } from '../../scenarios/run.ts';
import type { ScenarioDefinition } from '../../scenarios/scenario.ts';
import { installGuard } from '../../sim/guard.ts';
import { isFileName } from '../files.ts';
import { breathe } from '../host.ts';
import { dataOfError } from '../hunt-tasks.ts';
import { loadDocumentsFile, loadScenario } from '../input.ts';
import type { CapacitySetup, CapacityTask, TaskAnswer, VerdictAnswer, VerdictTask } from './tasks.ts';

/** Carries out a task. What goes wrong is part of the answer. */
export default async function carryOut({ setup, stop, point, verdict }: CapacityTask): Promise<TaskAnswer> {
  installGuard();
  const isStopping = (): boolean => Atomics.load(stop, 0) === 1;
  try {
    const { scenario, input } = await load(setup);
    if (point !== undefined) {
      const { documents } = pointConfig(input, scenario, point);
      return { point: runPoint(input, scenario, await documentsOf(documents, setup), point, isStopping) };
    }
    return verdict === undefined ? {} : { verdict: await verdictOf(input, scenario, setup, verdict, isStopping) };
  } catch (error) {
    return { failed: dataOfError(error) };
  }
}

interface Loaded {
  readonly scenario: ScenarioDefinition;
  readonly input: RunInput;
}

let loaded: Promise<Loaded> | undefined;

function load({ cwd, scenario: named, input }: CapacitySetup): Promise<Loaded> {
  loaded ??= (async () => {
    const scenario = isFileName(named) ? await loadScenario(named, cwd) : scenarioOf(named);
    return { scenario, input: { ...input, scenario } };
  })();
  return loaded;
}

const documentsByName = new Map<string, Promise<DocumentType>>();

function documentsOf(name: string, { cwd }: CapacitySetup): Promise<DocumentType> {
  let documents = documentsByName.get(name);
  if (documents === undefined) {
    documents = isFileName(name) ? loadDocumentsFile(name, cwd) : loadDocuments(name);
    documentsByName.set(name, documents);
  }
  return documents;
}

async function verdictOf(
  input: RunInput,
  scenario: ScenarioDefinition,
  setup: CapacitySetup,
  { users, seed, layer }: VerdictTask,
  isStopping: () => boolean,
): Promise<VerdictAnswer | undefined> {
  const own = { users, seed, side: 'model', clock: 'virtual', oracles: 'basic' } as const;
  const whole: RunInput = { ...input, scenario, seed: undefined, config: overLayer(input.config ?? {}, layer, own) };
  if (setup.documentsFile !== undefined) whole.documents = await documentsOf(setup.documentsFile, setup);
  const leave = new AbortController();
  const { result } = await run(whole, {
    signal: leave.signal,
    breathe: () => {
      if (isStopping()) leave.abort();
      return breathe();
    },
  });
  return result.verdict === 'interrupted' ? undefined : { verdict: result.verdict };
}
