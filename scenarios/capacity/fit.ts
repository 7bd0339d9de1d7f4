// From measured steps to the figures of an event loop: least squares for a start, then the model itself is run until it does
// what was measured. Pure; it must not know how the steps were measured.
import type { ServiceOptions } from '../../models/relay/service-options.ts';
import { checkpointsOf, restEffect, type Tail, tailOf } from './fit-tail.ts';
import { startOf } from './fit-start.ts';
import { predictSteps, residualsOf, summarize, type StepSummary } from './fit-residuals.ts';
import type { Residual } from './calibration-file.ts';
import { type ClientDelay, simulatedParts, stallsPerMinuteMost } from './loop-model.ts';
import { quietSteps, type StepMeasurement } from './steps.ts';

export interface FitInput {
  /** Steps against the relay that count; several of one name are its repeats. */
  readonly steps: readonly StepMeasurement[];
  /** Steps against a server that does nothing. */
  readonly echoes: readonly StepMeasurement[];
  readonly seed: string;
}

export interface Fit {
  readonly service: ServiceOptions;
  readonly serviceSigma: number;
  readonly clientDelayMs: ClientDelay;
  readonly clientDelayRestedMs: ClientDelay;
  readonly residuals: readonly Residual[];
  readonly noise: { readonly latency: number; readonly throughput: number };
  readonly interval: { readonly low: number; readonly high: number };
  readonly saturation: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
}

/** What is varied, as factors on the start. */
const FREE = [
  'turnMs',
  'pushMs',
  'pushMsPerChange',
  'pullMs',
  'pullMsPerRow',
  'commitMs',
  'commitMsPerChange',
  'idleMs',
  'checkpointMs',
] as const;
/** Figures of zero are tried from here on, ms. */
const SMALL_MS = 0.001;
const SIGMAS = { least: 0.02, most: 1.5, start: 0.4 };
/** Steps of the search, as logarithms of factors: wide first, then fine. */
const STRIDES = [0.4, 0.2, 0.1, 0.05, 0.025];
const ROUNDS_OF_STRIDE = 3;
/** How much a figure counts that is e times the one of the start, beside one that is e times what was measured. */
const PRIOR_WEIGHT = 0.02;
/** A prediction that is off by more than this, and by more than repeats differ, is not explained. */
const UNEXPLAINED = 0.25;
const Z95 = 1.96;
const STALL_PASSES = 3;
const STALL_REQUESTS = 20_000;

interface Tried {
  readonly service: ServiceOptions;
  readonly sigma: number;
}

/** @param input has at least one step of each kind; fewer repeats give a wider interval */
export function fitSteps({ steps: all, echoes: allEchoes, seed }: FitInput): Fit {
  const [steps, echoes] = [quietSteps(all), quietSteps(allEchoes)];
  const rests = restEffect(steps, echoes);
  const client = rests.client;
  const tail = tailOf(steps, client);
  const summaries = summarize(steps);
  const checkpoints = checkpointsOf(steps);
  const start = startOf(summaries, client, rests.serverMs, checkpoints);
  const service: ServiceOptions = {
    kind: 'event-loop',
    ...start,
    commitPushesMax: 500,
    checkpointChanges: checkpoints.changes,
    checkpointMs: checkpoints.ms,
    stallsPerMinute: tail.perMinute,
    stallMsMedian: tail.msMedian,
    stallSigma: tail.sigma,
    idleAfterMs: rests.afterMs,
    idleMs: rests.serverMs,
  };
  const refined = refine({ service, sigma: SIGMAS.start }, summaries, rests, seed);
  const settled = withStalls(refined, steps, tail, client, seed);
  const rounded = { ...settled, service: roundedFigures(settled.service), sigma: round(settled.sigma) };
  const residuals = residualsOf(
    summaries,
    predictSteps(rounded.service, rounded.sigma, summaries, rests, `${seed}/judge`, 6000),
  );
  const noise = noiseOf(residuals);
  return {
    service: rounded.service,
    serviceSigma: rounded.sigma,
    clientDelayMs: { p50: round(client.p50), p95: round(client.p95) },
    clientDelayRestedMs: { p50: round(rests.clientRested.p50), p95: round(rests.clientRested.p95) },
    residuals,
    noise,
    interval: intervalOf(residuals, noise.throughput, summaries),
    saturation: Object.fromEntries(
      summaries.filter(({ isClosed }) => isClosed).map(({ load, perSecond }) => [load.name, round(perSecond.value)]),
    ),
    notes: notesOf(residuals, tail, rests.isVisible, checkpoints.changes > 0),
  };
}

/** Varies one figure after the other, and keeps what comes closer to the measurements. */
function refine(
  start: Tried,
  summaries: readonly StepSummary[],
  rests: Parameters<typeof predictSteps>[3],
  seed: string,
): Tried {
  const cost = (tried: Tried): number => {
    const predicted = predictSteps(tried.service, tried.sigma, summaries, rests, seed, 2500);
    let sum = 0;
    for (const residual of residualsOf(summaries, predicted)) {
      const off = Math.log(Math.max(residual.predicted, 1e-6) / Math.max(residual.measured, 1e-6));
      sum += weightOf(residual, summaries) * off * off;
    }
    for (const key of FREE) {
      const [was, is] = [Math.max(start.service[key], SMALL_MS), Math.max(tried.service[key], SMALL_MS)];
      const off = Math.log(is / was);
      sum += PRIOR_WEIGHT * off * off;
    }
    return sum;
  };
  const moved = (tried: Tried, key: (typeof FREE)[number] | 'sigma', factor: number): Tried => {
    if (key === 'sigma') {
      return { ...tried, sigma: Math.min(SIGMAS.most, Math.max(SIGMAS.least, tried.sigma * factor)) };
    }
    return { ...tried, service: { ...tried.service, [key]: Math.max(SMALL_MS, tried.service[key]) * factor } };
  };
  const keys = [...FREE, 'sigma' as const].filter(
    (key) =>
      !(key === 'idleMs' && start.service.idleAfterMs === 0) &&
      !(key === 'checkpointMs' && start.service.checkpointChanges === 0),
  );
  let best = start;
  let bestCost = cost(best);
  for (const stride of STRIDES) {
    for (let pass = 0; pass < ROUNDS_OF_STRIDE; pass++) {
      const before = bestCost;
      for (const key of keys) {
        for (const factor of [Math.exp(stride), Math.exp(-stride)]) {
          const tried = moved(best, key, factor);
          const triedCost = cost(tried);
          if (triedCost >= bestCost) continue;
          [best, bestCost] = [tried, triedCost];
          break;
        }
      }
      if (before - bestCost < 1e-4) break;
    }
  }
  return best;
}

/**
 * Stalls so often that the tail of light loads is as it was measured: a stall that meets several requests, or none, is
 * counted in the model as it was in the measurements.
 */
function withStalls(
  fitted: Tried,
  steps: readonly StepMeasurement[],
  measured: Tail,
  client: ClientDelay,
  seed: string,
): Tried {
  const light = steps.find(({ load, parts }) => load.arrivals.kind === 'open' && parts[0]?.part.op === 'pull');
  if (measured.count === 0 || light === undefined) return fitted;
  let { stallsPerMinute } = { stallsPerMinute: measured.perMinute };
  for (let pass = 0; pass < STALL_PASSES; pass++) {
    const service = { ...fitted.service, stallsPerMinute };
    const parts = simulatedParts({
      service,
      serviceSigma: fitted.sigma,
      client,
      load: light.load,
      requests: STALL_REQUESTS,
      seed: `${seed}/stalls/${pass}`,
    });
    const simulated = tailOf([{ ...light, parts }], client);
    if (simulated.count === 0) break;
    const ratio = Math.min(4, Math.max(0.25, measured.perMinute / simulated.perMinute));
    stallsPerMinute = Math.min(60_000, stallsPerMinuteMost(service), stallsPerMinute * ratio);
  }
  return { ...fitted, service: { ...fitted.service, stallsPerMinute } };
}

/** Throughputs and medians say most; tails vary from one repeat to the next, and disturbed steps say less. */
function weightOf({ figure, step }: Residual, summaries: readonly StepSummary[]): number {
  const summary = summaries.find(({ load }) => load.name === step)!;
  const weight = { perSecond: 4, p50Ms: 1, p95Ms: 0.4, commitMs: 1, pushesPerCommit: 0.2 }[figure];
  return weight * (summary.isDisturbed ? 0.3 : 1);
}

function noiseOf(residuals: readonly Residual[]): { latency: number; throughput: number } {
  const pooled = (figures: readonly string[]): number => {
    const known = residuals.filter(({ figure, noise }) => noise !== null && figures.includes(figure));
    if (known.length === 0) return 0;
    return round(Math.sqrt(known.reduce((sum, { noise }) => sum + noise! * noise!, 0) / known.length));
  };
  return { latency: pooled(['p50Ms', 'p95Ms']), throughput: pooled(['perSecond']) };
}

/** Of the throughput: what repeats differ by, and what the model leaves over. */
function intervalOf(
  residuals: readonly Residual[],
  noise: number,
  summaries: readonly StepSummary[],
): { low: number; high: number } {
  const closed = residuals.filter(({ figure }) => figure === 'perSecond');
  const left = closed.reduce((sum, { error }) => sum + error * error, 0) / Math.max(1, closed.length);
  const repeats = Math.max(1, Math.min(...summaries.map((summary) => summary.repeats)));
  const spread = Z95 * Math.sqrt((noise * noise) / repeats + left);
  return { low: round(Math.exp(-spread)), high: round(Math.exp(spread)) };
}

function notesOf(
  residuals: readonly Residual[],
  tail: Tail,
  areRestsVisible: boolean,
  areCheckpointsVisible: boolean,
): string[] {
  const notes: string[] = [];
  for (const { step, part, figure, measured, predicted, error, noise } of residuals) {
    if (Math.abs(error) <= Math.max(UNEXPLAINED, 2 * (noise ?? 0))) continue;
    const name = part === '' ? step : `${step}, ${part}`;
    notes.push(`${name}: ${figure} was ${round(measured)}, and the model has ${round(predicted)}`);
  }
  if (tail.count === 0) notes.push('no stall above 1.5 ms was seen');
  if (!areRestsVisible) notes.push('service after idle gaps was not seen to be slower');
  if (!areCheckpointsVisible) notes.push('no commits were seen that take far longer than others');
  return notes;
}

function roundedFigures(service: ServiceOptions): ServiceOptions {
  const entries = Object.entries(service).map(([key, value]: [string, unknown]) => [
    key,
    typeof value === 'number' ? round(value) : value,
  ]);
  return Object.fromEntries(entries) as ServiceOptions;
}

/** To four digits: more would say what was not measured. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
