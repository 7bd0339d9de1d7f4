// The metrics of a run by name, got once. What they mean stands here; who records them, elsewhere.

import type { Counter, Rate, Trend } from '../sim/metric-kinds.ts';
import type { Metrics } from '../sim/metrics.ts';
import type { RelayResponse } from './relay/messages.ts';

/** An answer to a user's turn is to be there within this. */
const CHECK_US = 1_000_000;

/** Handles to all metrics of the models. Times are virtual; trends are recorded in microseconds. */
export interface Measures {
  /** Every request of every device from its sending to its answer; a time-out counts with the time-out. */
  readonly requests: Trend;
  /** Share of requests that timed out or were refused. */
  readonly requestsFailed: Rate;
  /**
   * Requests of users' turns at their first attempt that were answered, be it with a refusal; one that timed out counts
   * in neither. And all others, answered or not (auto-sync, notified pulls, retries).
   */
  readonly turnRequests: Counter;
  readonly backgroundRequests: Counter;
  /** One trial for each request of a user's turn at its first attempt: answered well, well formed, within 1 s. */
  readonly checks: Rate;
  readonly pushSuccess: Rate;
  readonly pullSuccess: Rate;
  readonly pushTime: Trend;
  readonly pullTime: Trend;
  readonly changesAccepted: Counter;
  readonly changesRejected: Counter;
  readonly changesPulled: Counter;
  /** From an edit on one device until it is applied on another: one sample for each pair. */
  readonly syncLatency: Trend;
  /** Changes that a device noticed to be concurrent ÷ changes that truly were. */
  readonly conflictDetection: Rate;
  /** One sample for each change concurrent with an earlier one of the same place, until the slowest online member has it. */
  readonly conflictResolution: Trend;
  /** Resolved within 30 s ÷ detected. */
  readonly mergeSuccess: Rate;
  readonly concurrentModifications: Counter;
  readonly conflictsResolved: Counter;
  /** From a ledger's last edit until all its members have everything. */
  readonly convergenceTime: Trend;
  /** Bodies that devices sent and received. */
  readonly bytesSent: Counter;
  readonly bytesReceived: Counter;
  /** A device that is back online until it has everything that was there. */
  readonly catchUpTime: Trend;
}

export function measuresOf(metrics: Metrics): Measures {
  return {
    requests: metrics.trend('requests'),
    requestsFailed: metrics.rate('requests_failed'),
    turnRequests: metrics.counter('turn_requests'),
    backgroundRequests: metrics.counter('background_requests'),
    checks: metrics.rate('checks'),
    pushSuccess: metrics.rate('push_success_rate'),
    pullSuccess: metrics.rate('pull_success_rate'),
    pushTime: metrics.trend('push_response_time'),
    pullTime: metrics.trend('pull_response_time'),
    changesAccepted: metrics.counter('changes_accepted'),
    changesRejected: metrics.counter('changes_rejected'),
    changesPulled: metrics.counter('changes_pulled'),
    syncLatency: metrics.trend('sync_latency'),
    conflictDetection: metrics.rate('conflict_detection_rate'),
    conflictResolution: metrics.trend('conflict_resolution_time'),
    mergeSuccess: metrics.rate('merge_success_rate'),
    concurrentModifications: metrics.counter('concurrent_modifications'),
    conflictsResolved: metrics.counter('conflicts_resolved'),
    convergenceTime: metrics.trend('convergence_time'),
    bytesSent: metrics.counter('bytes_sent'),
    bytesReceived: metrics.counter('bytes_received'),
    catchUpTime: metrics.trend('catch_up_time'),
  };
}

/**
 * Records what became of a request.
 *
 * @param asked the changes of a push, or where a pull begins
 * @param response undefined where none came in time
 * @param tookUs from sending to answer, integer microseconds
 * @param isTurn whether a user's turn made it, at its first attempt
 */
export function measureRequest(
  measures: Measures,
  asked: readonly number[] | number,
  response: RelayResponse | undefined,
  tookUs: number,
  isTurn: boolean,
): void {
  const isOk = response !== undefined && response.kind !== 'refusal';
  measures.requests.recordUs(tookUs);
  measures.requestsFailed.add(!isOk);
  if (isTurn) {
    if (response !== undefined) measures.turnRequests.add();
    measures.checks.add(passesChecks(asked, response, tookUs));
  } else {
    measures.backgroundRequests.add();
  }
  if (typeof asked === 'number') {
    measures.pullSuccess.add(isOk);
    measures.pullTime.recordUs(tookUs);
  } else {
    measures.pushSuccess.add(isOk);
    measures.pushTime.recordUs(tookUs);
  }
}

/**
 * What `checks` asks of a request: answered within 1 s, not with a refusal, and well formed. A push is to be answered for
 * each change of its batch once, a pull with a page that does not lead back.
 *
 * @param asked the changes of a push, or where a pull begins
 * @param response undefined where none came in time
 * @param tookUs from sending to answer, integer microseconds
 */
export function passesChecks(
  asked: readonly number[] | number,
  response: RelayResponse | undefined,
  tookUs: number,
): boolean {
  if (response === undefined || response.kind === 'refusal' || tookUs > CHECK_US) return false;
  if (response.kind === 'page') return typeof asked === 'number' && response.cursor >= asked;
  const { accepted, rejected } = response;
  if (typeof asked === 'number' || accepted.length + rejected.length !== asked.length) return false;
  for (let i = 0; i < asked.length; i++) {
    const each = asked[i]!;
    // Answers mostly come in the batch's order.
    if (accepted[i] === each || accepted.includes(each)) continue;
    if (!rejected.some(({ change }) => change === each)) return false;
  }
  return true;
}
