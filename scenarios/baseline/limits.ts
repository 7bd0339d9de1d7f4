// The table of limits of a comparison with a baseline, as data, and how one figure is judged by it. It must not know where
// figures come from.

import type { Level, Unit } from './comparison.ts';

/** One row of the table, and the figures that it holds for. */
export interface Limit {
  readonly name: string;
  readonly metrics: readonly string[];
  readonly statistic: string;
  readonly unit: Unit;
  /**
   * `rise` and `fall` are relative to the baseline, and their limits are shares of it; `ceiling` and `floor` are absolute,
   * and their limits are the figure's own.
   */
  readonly kind: 'rise' | 'fall' | 'ceiling' | 'floor';
  /** Beyond this it is told. */
  readonly warning: number;
  /** Beyond this it fails. */
  readonly critical: number;
}

/** The users' requests a second of the hold, as a figure: it stands beside the metrics of a result. */
export const ACHIEVED_RATE = 'achieved_rate';

/** The limits, in the order in which their figures are shown. */
export const LIMITS: readonly Limit[] = [
  {
    name: 'response time p95',
    metrics: ['requests', 'push_response_time', 'pull_response_time', 'operation_response_time'],
    statistic: 'p95',
    unit: 'ms',
    kind: 'rise',
    warning: 0.2,
    critical: 0.5,
  },
  {
    name: 'error rate',
    metrics: ['requests_failed'],
    statistic: 'rate',
    unit: 'share',
    kind: 'ceiling',
    warning: 0.05,
    critical: 0.1,
  },
  {
    name: 'request rate',
    metrics: [ACHIEVED_RATE, 'requests'],
    statistic: 'perSecond',
    unit: 'perSecond',
    kind: 'fall',
    warning: 0.2,
    critical: 0.4,
  },
  {
    name: 'success rate',
    metrics: ['push_success_rate', 'pull_success_rate', 'merge_success_rate', 'user_journey_success_rate'],
    statistic: 'rate',
    unit: 'share',
    kind: 'floor',
    warning: 0.9,
    critical: 0.85,
  },
];

/** Relative changes that binary arithmetic alone puts beyond a limit are not beyond it. */
const SLACK = 1e-9;

/** How a figure is judged, and why where it is not ok. */
export interface Judged {
  readonly level: Level;
  readonly reason: string;
}

const OK: Judged = { level: 'ok', reason: '' };

/** A change relative to the baseline, with its sign: `+61.2%`. */
export function changeText(change: number): string {
  return `${change < 0 ? '−' : '+'}${Math.abs(change * 100).toFixed(1)}%`;
}

/** What the limit of a row says at a level, in words: `above +50%`, `below 85%`. */
export function limitText({ kind, warning, critical }: Limit, level: 'warning' | 'critical'): string {
  const value = level === 'warning' ? warning : critical;
  const percent = `${Math.round(value * 1000) / 10}%`;
  switch (kind) {
    case 'rise':
      return `above +${percent}`;
    case 'fall':
      return `below −${percent}`;
    case 'ceiling':
      return `above ${percent}`;
    case 'floor':
      return `below ${percent}`;
  }
}

/** Judges a figure by its row. Null stands for no sample. */
export function judgedBy(limit: Limit, before: number | null, after: number | null): Judged {
  const { kind } = limit;
  if (after === null) {
    return before === null ? OK : { level: 'critical', reason: 'no sample, where the baseline has one' };
  }
  if (kind === 'ceiling' || kind === 'floor') {
    const excess = kind === 'ceiling' ? after : -after;
    return judged(limit, excess, kind === 'ceiling' ? 1 : -1, percentText(after));
  }
  if (before === null) return { level: 'warning', reason: 'no sample in the baseline to compare with' };
  if (before === 0) {
    if (after === 0 || kind === 'fall') return OK;
    return { level: 'critical', reason: 'from nothing, so no change in percent' };
  }
  const change = after / before - 1;
  return judgedByChange(limit, change);
}

/** Judges a relative change by a row whose limits are relative. */
export function judgedByChange(limit: Limit, change: number): Judged {
  return judged(limit, limit.kind === 'rise' ? change : -change, 1, changeText(change));
}

function judged(limit: Limit, excess: number, sign: 1 | -1, shown: string): Judged {
  for (const level of ['critical', 'warning'] as const) {
    if (excess > sign * limit[level] + SLACK) return { level, reason: `${shown}, limit ${limitText(limit, level)}` };
  }
  return OK;
}

/** Enough digits to see on which side of a limit it is. */
function percentText(share: number): string {
  return `${Math.round(share * 100_000) / 1000}%`;
}
