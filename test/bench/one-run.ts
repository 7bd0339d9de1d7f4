// One run in a process of its own, so that its peak memory is its own. `node test/bench/one-run.ts <input as JSON>`
// prints one line of JSON.

import type { RunInput } from '../../scenarios/result.ts';
import { run } from '../../scenarios/run.ts';

/** What one run took and gave. */
export interface RunFigures {
  readonly events: number;
  readonly virtualMs: number;
  /** From the resolved configuration to the judged result. */
  readonly wallMs: number;
  /** All threads of the process, its start included. */
  readonly cpuMs: number;
  readonly peakBytes: number;
  readonly requestsPerSecond: number;
  readonly traceHash: string;
  readonly verdict: string;
}

const { result } = await run(JSON.parse(process.argv[2]!) as RunInput, { clockMs: () => performance.now() });
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const figures: RunFigures = {
  events: result.events,
  virtualMs: result.durationMs,
  wallMs: result.wallMs,
  cpuMs: (userCPUTime + systemCPUTime) / 1000,
  peakBytes: maxRSS * 1024,
  requestsPerSecond: result.offered.achieved,
  traceHash: result.traceHash,
  verdict: result.verdict,
};
console.log(JSON.stringify(figures));
