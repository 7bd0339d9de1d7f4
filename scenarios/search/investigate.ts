// From a failing seed to a finding that is kept: its plan is recorded, shrunk, and run once more for what the file holds.
// It must not know files, workers or real time.

import { assert } from '../../sim/errors.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import type { Config } from '../config-schema.ts';
import { resolveConfig } from '../config.ts';
import { storm as stormProfile } from '../profiles/storm.ts';
import type { RunInput } from '../result.ts';
import { scenarioOf } from '../run.ts';
import type { ScenarioDefinition } from '../scenario.ts';
import { TOOL } from '../version.ts';
import { DRAW_VERSION } from './draw-version.ts';
import { FINDING_FORMAT_VERSION, type FindingFile } from './finding-file.ts';
import type { StormShape } from './hunt.ts';
import { sizeOf } from './plan-size.ts';
import { shrink, type Shrunk } from './shrink.ts';
import type { ShrinkHooks } from './shrink-search.ts';
import { planOf, trialOf } from './trial.ts';

/**
 * The configuration of one seed's storm. Where the profile is `storm` its size is the shape's; what the person has set
 * stays in any case.
 */
export function huntConfig(input: RunInput, seed: string, shape: StormShape): Config {
  const scenario = scenarioOf(input.scenario);
  const { profile: typed, ...config } = input.config ?? {};
  const inFile = (input.file?.values as { profile?: unknown } | null | undefined)?.profile;
  const profile = input.profile ?? typed ?? inFile ?? 'storm';
  if (profile !== 'storm') return resolveConfig({ ...input, seed }, scenario);
  const users = Math.max(1, Math.floor(shape.users / (scenario.devicesPerUser ?? 1)));
  const shaped = { ...stormProfile, ...shape, users, conflictUsers: Math.max(2, shape.users) };
  return resolveConfig({ ...input, profile: shaped, config, seed }, scenario);
}

/** What a caller knows about the libraries that were used, for the file. */
export interface FindingContext {
  /** Versions of Node, of the documents' library and of whatever else counts, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** The command that replays a finding's file of a name. */
  replayCommand(file: string): string;
  /** Where the file will lie, for the command. */
  fileOf(signature: string): string;
}

/**
 * Records a seed's storm, shrinks it and gives the finding as a file holds it. Undefined where the recorded plan does not
 * show the finding, which is a bug of ours.
 */
export function investigate(
  scenario: ScenarioDefinition,
  config: Config,
  documents: DocumentType,
  signature: string,
  context: FindingContext,
  hooks: ShrinkHooks = {},
): FindingFile | undefined {
  const plan = planOf(scenario, config, documents);
  const shrunk = shrink(config, plan, signature, trialOf(documents), hooks);
  if (!shrunk.isReproduced) return undefined;
  return fileOf(shrunk, signature, sizeOf(plan), context);
}

/** Shrinks on what a file holds. The size before stays that of the storm in which it was found. */
export function shrinkOn(
  file: FindingFile,
  documents: DocumentType,
  context: FindingContext,
  hooks: ShrinkHooks = {},
): FindingFile | undefined {
  const { signature } = file.finding;
  const shrunk = shrink(file.config, file.plan, signature, trialOf(documents), hooks);
  if (!shrunk.isReproduced) return undefined;
  return fileOf(shrunk, signature, file.sizeBefore, context);
}

function fileOf(
  { config, plan, outcome, isComplete }: Shrunk,
  signature: string,
  sizeBefore: FindingFile['sizeBefore'],
  context: FindingContext,
): FindingFile {
  const finding = outcome.findings.find((each) => each.signature === signature);
  assert(finding !== undefined, 'what is kept was seen');
  return {
    formatVersion: FINDING_FORMAT_VERSION,
    drawVersion: DRAW_VERSION,
    tool: { ...TOOL },
    command: context.replayCommand(context.fileOf(signature)),
    seed: config.seed,
    scenario: config.scenario,
    config,
    documents: config.documents,
    versions: { ...context.versions },
    finding,
    sizeBefore,
    sizeAfter: sizeOf(plan),
    isFullyShrunk: isComplete,
    unexercised: [...outcome.unexercised],
    traceHash: outcome.traceHash,
    checkpointEvery: outcome.checkpointEvery,
    checkpoints: [...outcome.checkpoints],
    lastEvents: [...outcome.lastEvents],
    views: outcome.views ?? {},
    plan,
  };
}
