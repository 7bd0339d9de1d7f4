// One storm with documents or a relay of the test's own: a run as `run` makes it, but for what is put in its place.

import type { DocumentType } from '../../models/documents/port.ts';
import lww from '../../models/documents/lww.ts';
import { resolveConfig } from '../../scenarios/config.ts';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import type { Result } from '../../scenarios/result.ts';
import { drive, scenarioOf } from '../../scenarios/run.ts';
import { World } from '../../scenarios/world.ts';
import type { RelayPort } from '../../relay-adapter/port.ts';

export interface StormInput {
  readonly seed: number | string;
  readonly scenario?: string;
  readonly documents?: DocumentType;
  readonly config?: ConfigLayer;
  /** @param nowMs virtual time since the run's beginning */
  readonly wrapPort?: (port: RelayPort, nowMs: () => number) => RelayPort;
}

export interface Storm {
  readonly result: Result;
  readonly world: World;
}

export async function storm(input: StormInput): Promise<Storm> {
  const { seed, documents = lww, config: layer, wrapPort } = input;
  const scenario = scenarioOf(input.scenario ?? 'crdt-conflicts');
  const config = resolveConfig({ profile: 'storm', seed, config: layer }, scenario);
  let nowUs = (): number => 0;
  const world = new World(config, documents, {
    wrapPort: wrapPort && ((port) => wrapPort(port, () => nowUs() / 1000)),
  });
  nowUs = () => world.simulation.nowUs;
  scenario.build(world);
  const { result } = await drive({ config, scenario, world }, {});
  return { result, world };
}
