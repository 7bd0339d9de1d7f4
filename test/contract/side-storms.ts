// One storm on several sides of the relay port: what each side answers must be the same, request for request.

import type { Config } from '../../scenarios/config-schema.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import { faultsOf } from '../../scenarios/fault-counts.ts';
import { liveThrough } from '../../scenarios/life.ts';
import { build, preparedWorld, scenarioOf } from '../../scenarios/run.ts';
import { shapeOf } from '../../scenarios/search/hunt.ts';
import { huntConfig } from '../../scenarios/search/investigate.ts';
import { guarded } from '../../sim/guard.ts';

export interface SideStorm {
  readonly config: Config;
  readonly protocolHash: string;
  readonly traceHash: string;
  readonly requests: number;
  readonly findings: readonly string[];
  /** The first answer that the rules would not give, with its request; undefined where there is none. */
  readonly firstDifference: string | undefined;
  readonly faults: Record<string, number>;
}

/** The storm of a seed on a side. */
export function stormOnSide(
  seed: string,
  side: string,
  documents: DocumentType,
  config: Readonly<Record<string, unknown>> = {},
): SideStorm {
  const scenario = scenarioOf('crdt-conflicts');
  const input = { scenario: 'crdt-conflicts', config: { faults: 'swarm', ...config, side } };
  const resolved = guarded(() => huntConfig(input, seed, shapeOf(seed)));
  const world = preparedWorld(resolved, documents, { isMeasured: false, keepLast: 0 });
  try {
    build(scenario, world);
    const findings = liveThrough(world);
    const [first] = world.port.complaints ?? [];
    return {
      config: resolved,
      protocolHash: world.relay.protocol.hash(),
      traceHash: world.simulation.trace.hash(),
      requests: world.relay.protocol.count,
      findings: findings.map(({ signature }) => signature),
      firstDifference:
        first === undefined
          ? undefined
          : `${first.request}: expected ${first.expected}, got ${first.got} (${first.kind})`,
      faults: faultsOf(world),
    };
  } finally {
    world.dispose();
  }
}
