// Refuses a capacity question whose points could not be run or judged, before any of them runs. It must not know what is
// asked of them.
import { installGuard } from '../../sim/guard.ts';
import { loadDocuments } from '../documents.ts';
import { sizesOf } from '../judgement.ts';
import type { RunInput } from '../result.ts';
import { build, preparedWorld, scenarioOf } from '../run.ts';
import { checkThresholds, type Thresholds } from '../thresholds.ts';
import { pointConfig } from './point.ts';

/** Builds a point of one user and looks at it, without running it. @throws InputError as for a run */
export async function checkPoint(input: RunInput, objectives: Thresholds, users: number): Promise<void> {
  installGuard();
  const scenario = scenarioOf(input.scenario);
  const task = { users, seed: '1', isLong: false, samples: 1, objectives };
  const config = pointConfig(input, scenario, task);
  const world = preparedWorld({ ...config, users: 1 }, input.documents ?? (await loadDocuments(config.documents)), {});
  try {
    build(scenario, world);
    sizesOf(world.simulation.metrics);
    checkThresholds(objectives, world.simulation.metrics);
  } finally {
    world.dispose();
  }
}
