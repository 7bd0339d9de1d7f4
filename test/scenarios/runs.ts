// What tests of whole runs share: short configurations, results without what may differ, and runs that are watched.
import type { EntityDraft } from '../../models/entities.ts';
import type { Config, ConfigLayer } from '../../scenarios/config-schema.ts';
import type { Result, RunHooks } from '../../scenarios/result.ts';
import { drive, prepare, run } from '../../scenarios/run.ts';
import type { ScenarioDefinition } from '../../scenarios/scenario.ts';
import type { World } from '../../scenarios/world.ts';

export const SCENARIO_NAMES = ['sync-relay', 'crdt-conflicts', 'mixed-workload'] as const;

/** The result of one run. Without more it is a storm of seed 1. */
export async function resultOf(
  scenario: string | ScenarioDefinition,
  config: ConfigLayer = {},
  { profile = 'storm', seed = '1', hooks = {} }: { profile?: string; seed?: string; hooks?: RunHooks } = {},
): Promise<Result> {
  return (await run({ scenario, profile, seed, config }, hooks)).result;
}

/** A result without what two runs of one seed may differ in. */
export function comparable({
  wallMs: _wallMs,
  runtime: _runtime,
  ...rest
}: Result): Omit<Result, 'wallMs' | 'runtime'> {
  return rest;
}

/** An edit that a device made in a run. */
export interface MadeEdit {
  atUs: number;
  device: number;
  draft: EntityDraft;
}

/** Every edit from now on, in the order in which they are made. */
export function watchEdits(world: World): MadeEdit[] {
  const made: MadeEdit[] = [];
  for (const device of world.devices) {
    const edit = device.edit.bind(device);
    device.edit = (draft) => {
      made.push({ atUs: world.simulation.nowUs, device: device.index, draft });
      return edit(draft);
    };
  }
  return made;
}

/** One run with all its edits. */
export async function runWatched(
  scenario: string,
  config: ConfigLayer,
  { profile = 'storm', seed = '1' } = {},
): Promise<{ result: Result; config: Config; world: World; edits: MadeEdit[] }> {
  const prepared = await prepare({ scenario, profile, seed, config });
  const edits = watchEdits(prepared.world);
  const { result } = await drive(prepared, {});
  return { result, config: prepared.config, world: prepared.world, edits };
}
