// What a command is given, gathered: the scenario, the layers of configuration and the documents, from flags and the
// files that they name. It must not know what is done with them.
import type { DocumentType } from '../models/documents/port.ts';
import type { ConfigLayer } from '../scenarios/config-schema.ts';
import { checkedDocuments } from '../scenarios/documents.ts';
import { FAULT_PRESETS } from '../scenarios/fault-presets.ts';
import type { Profile } from '../scenarios/profiles/profile.ts';
import type { RunInput } from '../scenarios/result.ts';
import { isScenario, SCENARIO_HAS, type ScenarioDefinition } from '../scenarios/scenario.ts';
import { InputError } from '../sim/errors.ts';
import { installGuard } from '../sim/guard.ts';
import { findConfigFile, isFileName, loadFile, stemOf } from './files.ts';
import type { Arguments } from './flags.ts';
import { sideAccessOf } from './side-access.ts';

/** What was gathered. */
export interface Gathered {
  readonly input: RunInput;
  /** The scenario's file, as it was typed; undefined for one of ours. */
  readonly scenarioFile: string | undefined;
  /** The documents' file, as it was typed; undefined for a type of ours. */
  readonly documentsFile: string | undefined;
  /** What a repetition has to add to the arguments: a configuration file that was picked up by itself. */
  readonly addedArgs: readonly string[];
  /** What to tell a person of the files that were read, one line each. */
  readonly remarks: readonly string[];
}

/**
 * Loads the files that were named, and puts the layers together.
 *
 * @param scenarioNames ours, for the message where none is given
 * @throws InputError that names the flag or the argument
 */
export async function gatherInput(
  parsed: Arguments,
  cwd: string,
  scenarioNames: () => Promise<readonly string[]>,
): Promise<Gathered> {
  const [scenario] = parsed.positionals;
  if (scenario === undefined) {
    throw new InputError('scenario', undefined, `one of ${(await scenarioNames()).join(', ')}, or a file`);
  }
  const layer: ConfigLayer = { ...parsed.layer };
  const input: RunInput = { scenario, config: layer, typedAs: parsed.typedAs, access: sideAccessOf(parsed) };
  const addedArgs: string[] = [];
  const scenarioFile = isFileName(scenario) ? scenario : undefined;
  if (scenarioFile !== undefined) input.scenario = await loadScenario(scenarioFile, cwd);
  const namedConfig = parsed.text('config');
  const configFile = namedConfig ?? findConfigFile(cwd);
  if (configFile !== undefined) {
    const field = namedConfig === undefined ? 'configuration file' : '--config';
    input.file = { name: configFile, values: await loadFile(field, configFile, cwd) };
    if (namedConfig === undefined) addedArgs.push('--config', configFile);
  }
  if (parsed.profileFile !== undefined) {
    const values = await loadKeys('--profile', parsed.profileFile, cwd);
    input.profile = { name: stemOf(parsed.profileFile), ...values } as Profile;
  }
  if (parsed.faultsFile !== undefined) {
    const values = await loadKeys('--faults', parsed.faultsFile, cwd);
    const set = typeof layer.faults === 'object' ? layer.faults : {};
    layer.faults = { ...FAULT_PRESETS['none'], name: stemOf(parsed.faultsFile), ...values, ...set };
  }
  const documentsFile = documentsFileOf(input);
  if (documentsFile !== undefined) input.documents = await loadDocumentsFile(documentsFile, cwd);
  const remarks = await applyArrivals(parsed, input, cwd);
  return { input, scenarioFile, documentsFile, addedArgs, remarks };
}

/** Puts recorded arrivals, where they were named, in the place of what the scenario's users do; gives what to say of them. */
async function applyArrivals(parsed: Arguments, input: RunInput, cwd: string): Promise<readonly string[]> {
  const file = parsed.text('arrivals');
  const scale = parsed.text('scale');
  if (file === undefined) {
    if (scale !== undefined) throw new InputError('--scale', scale, 'only with --arrivals');
    return [];
  }
  if (scale !== undefined && parsed.layer.users !== undefined) {
    throw new InputError('--scale', scale, 'not together with --users: both say how many users there are');
  }
  const { scenarioOf } = await import('../scenarios/run.ts');
  const base = scenarioOf(input.scenario);
  const { arrivalsScenario, scaleOf } = await import('../scenarios/arrivals/scenario.ts');
  const factor = scaleOf('--scale', scale ?? '1');
  const { readArrivals } = await import('./arrivals/read.ts');
  const { arrivals, remarks } = readArrivals('--arrivals', file, cwd);
  input.scenario = arrivalsScenario(arrivals, factor, base);
  return remarks;
}

/** The documents' file that the layers name, the highest of them first. */
function documentsFileOf({ config, file }: RunInput): string | undefined {
  const inFile = (file?.values as { documents?: unknown } | null | undefined)?.documents;
  const named: unknown = config?.documents ?? inFile;
  return typeof named === 'string' && isFileName(named) ? named : undefined;
}

/** What a key of the configuration file says, unchecked. */
export function keyOfFile(input: RunInput, key: string): unknown {
  const values = input.file?.values;
  return typeof values === 'object' && values !== null ? Reflect.get(values, key) : undefined;
}

async function loadKeys(field: string, file: string, cwd: string): Promise<Record<string, unknown>> {
  const values = await loadFile(field, file, cwd);
  if (typeof values === 'object' && values !== null && !Array.isArray(values)) return values as Record<string, unknown>;
  throw new InputError(field, file, 'a file that holds an object of keys', 'ERR_FILE');
}

/**
 * A scenario of a person's own.
 * @throws InputError where the file does not load, or its default export is none
 */
export async function loadScenario(file: string, cwd: string): Promise<ScenarioDefinition> {
  // Before the file is loaded: it, or what it imports, may keep a reference to a clock or to entropy.
  installGuard();
  const loaded = await loadFile('scenario', file, cwd);
  if (isScenario(loaded)) return loaded;
  throw new InputError('scenario', file, `a file whose default export is ${SCENARIO_HAS}`, 'ERR_FILE');
}

/**
 * Documents of a person's own, ready to be used.
 *
 * @param field what named the file, for messages
 * @throws InputError where the file does not load, or says what its default export lacks
 */
export async function loadDocumentsFile(file: string, cwd: string, field = '--documents'): Promise<DocumentType> {
  installGuard();
  return checkedDocuments(await loadFile(field, file, cwd), file);
}
