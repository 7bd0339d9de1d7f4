// Whether a step was disturbed: by others on the machine, by a hypervisor, or by a driver that came too late. It must not know
// how steps are measured, nor what they are for.
import type { DrivenStep } from './driver.ts';

/** What a step may have at most. Shares of its time, but for the canary. */
export const GATES = {
  /** The server was ready to run, without a core. */
  serverWait: 0.05,
  driverWait: 0.1,
  steal: 0.02,
  /** The fixed work, beside how long it takes where nobody disturbs. */
  canaryRatio: 1.4,
  /** Arrivals were sent so late, 99th percentile, ms. */
  lateMs: 5,
  /** Answers that were none, of all. */
  failures: 0.01,
} as const;

/** What disturbed a step, in words; nothing where it counts. @param quietMs the canary where nobody disturbs */
export function reasonsOf({ disturbance, failures, answers }: DrivenStep, quietMs: number): string[] {
  const { serverWait = 0, driverWait, steal, canaryMs, lateMs } = disturbance;
  const reasons: string[] = [];
  const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
  if (serverWait > GATES.serverWait) reasons.push(`the server waited ${percent(serverWait)} for a core`);
  if (driverWait > GATES.driverWait) reasons.push(`the driver waited ${percent(driverWait)} for a core`);
  if (steal > GATES.steal) reasons.push(`${percent(steal)} of the machine was stolen`);
  const slowest = Math.max(...canaryMs) / quietMs;
  if (slowest > GATES.canaryRatio) reasons.push(`the fixed work took ${slowest.toFixed(2)} times as long`);
  if (lateMs[1] > GATES.lateMs) reasons.push(`arrivals were ${lateMs[1].toFixed(1)} ms late (p99)`);
  const failed = failures / (failures + answers);
  if (failed > GATES.failures) reasons.push(`${percent(failed)} of the requests failed`);
  return reasons;
}

/** How much a step was disturbed, to choose among several: 1 is at a gate, and above it beyond one. */
export function disturbanceOf({ disturbance, failures, answers }: DrivenStep, quietMs: number): number {
  const { serverWait = 0, driverWait, steal, canaryMs, lateMs } = disturbance;
  return Math.max(
    serverWait / GATES.serverWait,
    driverWait / GATES.driverWait,
    steal / GATES.steal,
    (Math.max(...canaryMs) / quietMs - 1) / (GATES.canaryRatio - 1),
    lateMs[1] / GATES.lateMs,
    failures / (failures + answers) / GATES.failures,
  );
}
