// The scenarios by name.

import crdtConflicts from './crdt-conflicts.ts';
import mixedWorkload from './mixed-workload.ts';
import type { ScenarioDefinition } from './scenario.ts';
import syncRelay from './sync-relay.ts';

export const SCENARIOS: Readonly<Record<string, ScenarioDefinition>> = Object.freeze({
  'sync-relay': syncRelay,
  'crdt-conflicts': crdtConflicts,
  'mixed-workload': mixedWorkload,
});
