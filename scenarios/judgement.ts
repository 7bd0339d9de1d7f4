// The end of a run: the liveness phase, the oracles, and the measures that can be taken only then. It must not know
// scenarios, nor how results are printed.

import type { Counter } from '../sim/metric-kinds.ts';
import type { Metrics } from '../sim/metrics.ts';
import type { Ledger } from '../models/device.ts';
import type { Finding } from '../models/finding.ts';
import { judgeConvergence } from '../models/oracles/convergence.ts';
import { judgeDelivery } from '../models/oracles/delivery.ts';
import { isSettled, judgeLiveness } from '../models/oracles/liveness.ts';
import type { World } from './world.ts';

/** How often it is looked at whether all devices have settled, virtual µs. */
export const SETTLE_CHECK_US = 1_000_000;

/** The log position that a device must reach; with timestamps for cursors there is none to compare. */
function goalOf(world: World, ledger: Ledger): number {
  return world.config.dialect === '1.1' ? world.port.end(ledger.index) : 0;
}

/** Begins the liveness phase: faults end, what is cut is healed, nothing is lost any more. */
export function heal(world: World): void {
  world.faults?.stop();
  world.network.calm();
}

/** True where every outbox is empty and every device has pulled all that there is. */
export function hasSettled(world: World): boolean {
  return world.ledgers.every((ledger) => {
    const goal = goalOf(world, ledger);
    return ledger.members.every((device) => isSettled(device, goal));
  });
}

/** Documents of more bytes than this together are compared by digest first. */
const VIEWED_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Judges a world that has settled or used up its budget, and takes the last measures. It yields between two ledgers, so
 * that whoever drives it can pause there, or leave.
 */
export function* judgeWorld(world: World, isSettledInTime: boolean): Generator<void, Finding[], void> {
  const { simulation, ledgers, table, port } = world;
  const { nowUs, events } = simulation;
  world.relay.checkStations();
  const { logBytes, documentBytes } = sizesOf(simulation.metrics);
  for (const ledger of ledgers) {
    ledger.conflicts?.close();
    let bytes = 0;
    for (const change of port.log(ledger.index)) bytes += table.wireBytesOf(change);
    logBytes.add(bytes);
    for (const device of ledger.members) documentBytes.add(device.storedBytes());
    yield;
  }
  if (!isSettledInTime) {
    // What has not been delivered yet cannot be expected to agree.
    return judgeLiveness(ledgers, (ledger) => goalOf(world, ledger), world.config.drain.budgetMs, nowUs, events);
  }
  measureConvergence(world);
  const digestFromBytes = documentBytes.value > VIEWED_BYTES_MAX ? 0 : undefined;
  const undelivered: Finding[] = [];
  const diverged: Finding[] = [];
  for (const ledger of ledgers) {
    undelivered.push(...judgeDelivery([ledger], table, () => port.log(ledger.index), nowUs, events));
    diverged.push(...judgeConvergence([ledger], nowUs, events, digestFromBytes));
    yield;
  }
  return [...undelivered, ...diverged];
}

/** What is measured at the end of a run alone; got before it, thresholds can be checked against all that there is. */
export function sizesOf(metrics: Metrics): { logBytes: Counter; documentBytes: Counter } {
  return { logBytes: metrics.counter('log_bytes'), documentBytes: metrics.counter('document_bytes') };
}

/**
 * From a ledger's last edit, or the last heal of one of its members, until all members agree: one sample for each
 * ledger. A heal after which nobody had anything to apply kept nobody waiting.
 */
export function measureConvergence({ ledgers, measures }: Pick<World, 'ledgers' | 'measures'>): void {
  for (const { lastEditUs, lastAppliedUs, lastHealedUs } of ledgers) {
    if (lastAppliedUs === 0) continue;
    const fromUs = Math.max(lastEditUs, lastHealedUs < lastAppliedUs ? lastHealedUs : -1);
    measures.convergenceTime.recordUs(Math.max(0, lastAppliedUs - fromUs));
  }
}
