// The commands that show again what a report tells of. It must not know any format.

import { dirname } from 'node:path';
import type { BaselineComparison } from '../../scenarios/baseline/comparison.ts';
import { PROFILES } from '../../scenarios/profiles/profiles.ts';
import { SCENARIOS } from '../../scenarios/registry.ts';
import type { HuntResult, HuntResultFinding } from '../hunt-result.ts';
import { repeatCommand } from './failure.ts';
import type { ReplayResult } from './reported.ts';

/** What shows a finding of a hunt again: its file, or its seed. */
export function huntCommand(result: HuntResult, { file, seed }: Pick<HuntResultFinding, 'file' | 'seed'>): string {
  if (file !== null) return replayCommand(file);
  const { scenario, profile, documents, faultsName } = result;
  const flags = ['--profile', profile, '--documents', documents, '--faults', faultsName, '--seeds', `${seed},`];
  return repeatCommand('hunt', [scenario, ...flags], []);
}

/** What replays a finding file. */
export function replayCommand(file: string): string {
  return repeatCommand('replay', [file], []);
}

/** What replays the files that failed; one that was refused would be refused again. */
export function replayCommands({ files }: ReplayResult): string[] {
  return files
    .filter(({ exitCode, verdict }) => exitCode !== 0 && verdict !== 'refused')
    .map(({ file }) => replayCommand(file));
}

/**
 * What makes a comparison again; undefined for a scenario or a profile of somebody's own, whose file is not known, and for
 * pairs under the wall clock, whose base is not.
 */
export function comparisonCommand({ profile, scenario, file, figures }: BaselineComparison): string | undefined {
  if (!Object.hasOwn(SCENARIOS, scenario) || !Object.hasOwn(PROFILES, profile)) return undefined;
  if (figures.some(({ noise }) => noise !== undefined)) return undefined;
  const folder = dirname(file);
  const elsewhere = folder === 'baselines' ? [] : ['--baselines', folder];
  return repeatCommand('baseline', ['check', scenario, '--profile', profile, ...elsewhere], []);
}
