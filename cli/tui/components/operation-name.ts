// What people call the operations that are measured. It must not know their figures.

import { harmless } from './text.ts';

const NAMES: Readonly<Record<string, string>> = {
  push_response_time: 'push',
  pull_response_time: 'pull',
  sync_latency: 'sync',
  catch_up_time: 'catch-up',
  conflict_resolution_time: 'conflicts',
  convergence_time: 'convergence',
  operation_response_time: 'turns',
  push_response_time_from_send: 'push sent',
  pull_response_time_from_send: 'pull sent',
  schedule_error: 'lateness',
};

/** The name of an operation; of one that has none, its metric's. */
export function operationName(metric: string): string {
  return NAMES[metric] ?? harmless(metric);
}
