// One storm for a search: a seed, or a plan, run at once from its start to its judgement. It must not know what is
// searched for, nor real time.

import type { DocumentType } from '../../models/documents/port.ts';
import type { Finding } from '../../models/finding.ts';
import type { Plan } from '../../models/plan.ts';
import type { LedgerView } from '../../models/documents/edit.ts';
import type { Config } from '../config-schema.ts';
import { liveThrough } from '../life.ts';
import { faultsOf } from '../fault-counts.ts';
import type { ScenarioDefinition } from '../scenario.ts';
import { build, preparedWorld } from '../run.ts';
import type { World } from '../world.ts';
import type { Trial, TrialOutcome } from './trial-port.ts';

/** Records between two checkpoints of a storm's trace, and events that a finding keeps. */
const CHECKPOINT_EVERY = 64;
const LAST_EVENTS = 2000;

/** A trial of plans with documents of a type. */
export function trialOf(documents: DocumentType): Trial {
  return (config, plan) => {
    const world = preparedWorld(config, documents, {
      plan,
      isMeasured: false,
      checkpointEvery: CHECKPOINT_EVERY,
      keepLast: LAST_EVENTS,
    });
    try {
      world.carryOut(plan);
      return outcomeOf(world, liveThrough(world));
    } finally {
      world.dispose();
    }
  };
}

/** What a hunt wants to know of a seed. */
export interface SeedOutcome {
  readonly findings: readonly Finding[];
  readonly faults: Record<string, number>;
  readonly marks: Record<string, number>;
}

/** Runs a seed's storm, without keeping its plan. */
export function stormOf(scenario: ScenarioDefinition, config: Config, documents: DocumentType): SeedOutcome {
  const world = preparedWorld(config, documents, { isMeasured: false, keepLast: 0 });
  try {
    build(scenario, world);
    const findings = liveThrough(world);
    return { findings, faults: faultsOf(world), marks: marksOf(world) };
  } finally {
    world.dispose();
  }
}

/** The plan of a seed's storm, as it was carried out. */
export function planOf(scenario: ScenarioDefinition, config: Config, documents: DocumentType): Plan {
  const world = preparedWorld(config, documents, { isMeasured: false, isRecording: true, keepLast: 0 });
  try {
    build(scenario, world);
    liveThrough(world);
    return world.recorded();
  } finally {
    world.dispose();
  }
}

function outcomeOf(world: World, findings: readonly Finding[]): TrialOutcome {
  const { simulation } = world;
  const { trace } = simulation;
  return {
    findings,
    traceHash: trace.hash(),
    checkpoints: trace.checkpoints(),
    checkpointEvery: trace.checkpointEvery,
    lastEvents: trace.lastRecords(LAST_EVENTS).map((record) => `#${record.index} ${trace.format(record)}`),
    events: simulation.events,
    durationUs: simulation.nowUs,
    faults: faultsOf(world),
    marks: marksOf(world),
    unexercised: [...world.unexercised, ...(world.faults?.idle ?? [])],
    views: viewsOf(world, findings),
  };
}

function marksOf(world: World): Record<string, number> {
  return { ...world.marks, ...world.history?.marks };
}

/** Views are kept of what failed; a document that threw cannot be asked any more. */
function viewsOf(world: World, findings: readonly Finding[]): Record<string, LedgerView> {
  if (findings.length === 0 || findings.some(({ oracle }) => oracle === 'document')) return {};
  return Object.fromEntries(world.devices.map((device) => [`device ${device.index}`, device.view()]));
}
