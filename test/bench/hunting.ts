// Storms as a hunt makes them, in a process of its own: 5 devices, 50 edits in all, swarm faults, all oracles, two merge
// trees. `node test/bench/hunting.ts <documents> <storms a round> <rounds>` prints one line of JSON.

import { installGuard } from '../../sim/guard.ts';
import { loadDocuments } from '../../scenarios/documents.ts';
import { scenarioOf } from '../../scenarios/run.ts';
import { huntConfig } from '../../scenarios/search/investigate.ts';
import { stormOf } from '../../scenarios/search/trial.ts';
import { cpuMsOf } from './measure.ts';

/** What one process prints. */
export interface HuntingRounds {
  /** CPU milliseconds of each round, configurations included. */
  readonly roundMs: number[];
  /** Storms of all rounds in which an oracle spoke. */
  readonly failed: number;
}

const [name = 'lww', storms, rounds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
installGuard();
const documents = await loadDocuments(name);
const scenario = scenarioOf('crdt-conflicts');
const input = { scenario, config: { faults: 'swarm' } };
const shape = { users: 5, editsInAll: 50, durationMs: 120_000 };
let failed = 0;

function round(first: number, count: number): void {
  for (let seed = first; seed < first + count; seed++) {
    const { findings } = stormOf(scenario, huntConfig(input, String(seed), shape), documents);
    if (findings.length > 0) failed++;
  }
}

// The first storms are compiled while they run.
round(1, Math.ceil(storms / 4));
const roundMs = Array.from({ length: rounds }, (_, index) => cpuMsOf(() => round(10_000 + index * storms, storms)));
const measured: HuntingRounds = { roundMs, failed };
process.stdout.write(`${JSON.stringify(measured)}\n`);
