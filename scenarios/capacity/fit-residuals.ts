// Measured steps in figures, the same figures as the model has them, and what is between the two. Pure; it must not know
// how the model's figures were found.
import type { ServiceOptions } from '../../models/relay/service-options.ts';
import type { Residual } from './calibration-file.ts';
import type { RestEffect } from './fit-tail.ts';
import { type LoopOutcome, runLoop } from './loop-model.ts';
import {
  inOrder,
  medianOf,
  partName,
  quantileOf,
  type StepLoad,
  type StepMeasurement,
  type StepPart,
} from './steps.ts';

/** A figure of all repeats of a step: their median, and their relative standard deviation where there are several. */
export interface Repeated {
  readonly value: number;
  readonly noise: number | null;
}

export interface PartSummary {
  readonly part: StepPart;
  readonly p50Ms: Repeated;
  readonly p95Ms: Repeated;
  /** Median of those that were alone; of all where too few were. */
  readonly aloneMs: number;
  /** Share of those after a rest. */
  readonly restedShare: number;
}

/** All repeats of a step. */
export interface StepSummary {
  readonly load: StepLoad;
  readonly isClosed: boolean;
  readonly isDisturbed: boolean;
  readonly repeats: number;
  readonly perSecond: Repeated;
  readonly parts: readonly PartSummary[];
  /** Means of one commit. */
  readonly commits: { readonly ms: number; readonly jobs: number; readonly changes: number } | undefined;
}

/** Of this length or longer: runs of requests of a light load have few. */
const REST_MS = 8;

/**
 * Steps by name, in the order in which names come first. In a closed loop the time in which the server was ready and had no
 * core is not its own: the throughput is of the rest of the time.
 */
export function summarize(steps: readonly StepMeasurement[]): StepSummary[] {
  const byName = new Map<string, StepMeasurement[]>();
  for (const step of steps) {
    const repeats = byName.get(step.load.name);
    if (repeats === undefined) byName.set(step.load.name, [step]);
    else repeats.push(step);
  }
  return [...byName.values()].map((repeats) => {
    const { load } = repeats[0]!;
    const isClosed = load.arrivals.kind === 'closed';
    const commits = repeats.flatMap((step) =>
      step.commits === undefined || step.commits.count === 0 ? [] : [step.commits],
    );
    const count = commits.reduce((sum, each) => sum + each.count, 0);
    return {
      load,
      isClosed,
      isDisturbed: repeats.every(({ reasons }) => reasons.length > 0),
      repeats: repeats.length,
      perSecond: repeated(repeats.map((step) => ratePerSecond(step))),
      parts: load.parts.map((part, index) => {
        const measured = repeats.map((step) => step.parts[index]!);
        const quantile = (share: number): Repeated =>
          repeated(measured.map(({ latenciesMs }) => quantileOf(inOrder(latenciesMs), share)));
        const rests = measured.flatMap(({ restsMs }) => restsMs);
        const alone = measured.flatMap(({ latenciesMs, restsMs }) =>
          latenciesMs.filter((_each, at) => restsMs[at]! >= 0),
        );
        return {
          part,
          p50Ms: quantile(0.5),
          p95Ms: quantile(0.95),
          aloneMs: alone.length < 20 ? quantile(0.5).value : medianOf(alone),
          restedShare: rests.filter((rest) => rest >= REST_MS).length / Math.max(1, rests.length),
        };
      }),
      commits:
        count === 0
          ? undefined
          : {
              ms: (1000 * commits.reduce((sum, each) => sum + each.seconds, 0)) / count,
              jobs: commits.reduce((sum, each) => sum + each.jobs, 0) / count,
              changes: commits.reduce((sum, each) => sum + each.changes, 0) / count,
            },
    };
  });
}

/** Answers a second; in a closed loop of the time in which the server had a core or waited for none. */
export function ratePerSecond({ answers, seconds, load, disturbance }: StepMeasurement): number {
  const lost = load.arrivals.kind === 'closed' ? Math.min(0.9, disturbance.serverWait ?? 0) : 0;
  return answers / (seconds * (1 - lost));
}

/** @param values one of each repeat */
export function repeated(values: readonly number[]): Repeated {
  const value = medianOf(values);
  if (values.length < 2 || value === 0) return { value, noise: null };
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1);
  return { value, noise: Math.sqrt(variance) / mean };
}

/** The model under the loads of all steps. @param requests of each step */
export function predictSteps(
  service: ServiceOptions,
  serviceSigma: number,
  summaries: readonly StepSummary[],
  { client, clientRested }: Pick<RestEffect, 'client' | 'clientRested'>,
  seed: string,
  requests: number,
): LoopOutcome[] {
  return summaries.map((summary) => {
    const { load, isClosed } = summary;
    // The driver rests when the relay does: under a light load its delay is mostly the one after a rest.
    const rested = isClosed ? 0 : medianOf(summary.parts.map(({ restedShare }) => restedShare));
    const delay = {
      p50: client.p50 + rested * (clientRested.p50 - client.p50),
      p95: client.p95 + rested * (clientRested.p95 - client.p95),
    };
    return runLoop({ service, serviceSigma, client: delay, load, requests, seed });
  });
}

/** Measured beside predicted, figure by figure. */
export function residualsOf(summaries: readonly StepSummary[], predictions: readonly LoopOutcome[]): Residual[] {
  const residuals: Residual[] = [];
  for (const [index, { load, isClosed, perSecond, parts, commits }] of summaries.entries()) {
    const predicted = predictions[index]!;
    const add = (part: string, figure: Residual['figure'], measured: Repeated, value: number): void => {
      if (measured.value <= 0) return;
      const error = (value - measured.value) / measured.value;
      const { value: was, noise } = measured;
      residuals.push({ step: load.name, part, figure, measured: was, predicted: value, error, noise });
    };
    if (isClosed) add('', 'perSecond', perSecond, predicted.perSecond);
    for (const [at, { part, p50Ms, p95Ms }] of parts.entries()) {
      const name = parts.length === 1 ? '' : partName(part);
      const sorted = predicted.latenciesMs[at]!;
      add(name, 'p50Ms', p50Ms, quantileOf(sorted, 0.5));
      add(name, 'p95Ms', p95Ms, quantileOf(sorted, 0.95));
    }
    if (commits === undefined) continue;
    add('', 'commitMs', { value: commits.ms, noise: null }, predicted.commitMs);
    if (isClosed) add('', 'pushesPerCommit', { value: commits.jobs, noise: null }, predicted.pushesPerCommit);
  }
  return residuals;
}
