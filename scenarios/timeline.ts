// What a run leaves beside its figures, for those who draw it: how its loads and faults went over virtual time, and the
// distributions behind its trends. Plain data; it must not know how it is drawn.

import { millisecondsOf } from '../sim/histogram.ts';
import type { Metrics } from '../sim/metrics.ts';
import type { Config } from './config-schema.ts';
import { type PhaseSpan, phaseSpans } from './phases.ts';
import type { Series } from './watch/snapshot.ts';

/** A run over virtual time, in windows of one width that begin at 0; the last, unfinished window is left out. */
export interface Timeline {
  readonly windowMs: number;
  readonly phases: readonly PhaseSpan[];
  /** One value for each window, with at most three decimals, shares with five. */
  readonly series: Readonly<Record<SeriesName, readonly number[]>>;
  /** By kind: how often a fault fired in each window. Kinds that never fired are left out. */
  readonly faults: Readonly<Record<string, readonly number[]>>;
}

/** Names of the values of a window; what each is stands with `Series`. */
export type SeriesName = Exclude<keyof Series, 'windowUs' | 'faults'>;

/** The distribution of one trend in one phase. */
export interface PhaseHistogram {
  readonly metric: string;
  readonly phase: string;
  /** Virtual time over which it was recorded, ms. */
  readonly startMs: number;
  readonly endMs: number;
  /** Microseconds, as HdrHistogram's V2 compressed base64. */
  readonly hdr: string;
}

/** Shares need more decimals than times and rates: a relay is often all but idle. */
function rounded(name: string, value: number): number {
  const factor = name === 'relayUse' ? 1e5 : 1e3;
  return Math.round(value * factor) / factor;
}

/** The timeline of a run that came to `nowUs`. */
export function timelineOf(series: Series, config: Config, nowUs: number): Timeline {
  const { windowUs, faults, ...values } = series;
  const columns = Object.entries(values).map(
    ([name, column]) => [name, column.map((value) => rounded(name, value))] as const,
  );
  const fired = Object.entries(faults).filter(([, column]) => column.some((count) => count > 0));
  return {
    windowMs: millisecondsOf(windowUs),
    phases: phaseSpans(config, nowUs / 1000),
    series: Object.fromEntries(columns) as Record<SeriesName, number[]>,
    faults: Object.fromEntries(fired),
  };
}

/** The distributions of all trends, sorted by name, each phase by phase; what a warm-up forgot is not in them. */
export function histogramsOf(metrics: Metrics, config: Config, nowUs: number): PhaseHistogram[] {
  const spans = phaseSpans(config, nowUs / 1000);
  const histograms: PhaseHistogram[] = [];
  for (const name of metrics.names) {
    const metric = metrics.find(name);
    if (metric?.type !== 'trend') continue;
    metric.forEachPhase((phase, recorded) => {
      // What is measured when a run is judged belongs to its last instant.
      const span = spans.find((each) => each.name === phase) ?? { startMs: nowUs / 1000, endMs: nowUs / 1000 };
      const startMs = Math.min(span.endMs, Math.max(span.startMs, config.warmUpMs));
      histograms.push({ metric: name, phase, startMs, endMs: span.endMs, hdr: recorded.encoded() });
    });
  }
  return histograms;
}
