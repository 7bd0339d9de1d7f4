// The scenarios by name: those that stand for themselves, and one that a profile made of a record fills in.

import crdtConflicts from './crdt-conflicts.ts';
import fittedWorkload from './fitted-workload.ts';
import mixedWorkload from './mixed-workload.ts';
import type { ScenarioDefinition } from './scenario.ts';
import syncRelay from './sync-relay.ts';

export const SCENARIOS: Readonly<Record<string, ScenarioDefinition>> = Object.freeze({
  'sync-relay': syncRelay,
  'crdt-conflicts': crdtConflicts,
  'mixed-workload': mixedWorkload,
});

/** Runs by name too, but says little without a profile made for it: it stands in no list of what is run and compared. */
export const PROFILED_SCENARIOS: Readonly<Record<string, ScenarioDefinition>> = Object.freeze({
  'fitted-workload': fittedWorkload,
});
