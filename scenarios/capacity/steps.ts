// What one measured step of a calibration is, as plain data: what was asked for, how often, and what came back. It must not
// know how it was measured, nor what is made of it.

/** One kind of request of a step. */
export interface StepPart {
  readonly op: 'push' | 'pull';
  /** Changes of a push, or rows that a pull is answered with. */
  readonly size: number;
  /** How often it is asked, beside the other parts. */
  readonly weight: number;
}

/** Poisson arrivals with rests among them, or connections that each ask again once they have their answer. */
export type Arrivals =
  | {
      readonly kind: 'open';
      readonly perSecond: number;
      /** This share of the gaps is drawn with another mean, so that a light load has short gaps and long ones. */
      readonly rests?: { readonly share: number; readonly meanMs: number };
    }
  | { readonly kind: 'closed'; readonly connections: number };

/** What a step asks a relay for. */
export interface StepLoad {
  readonly name: string;
  readonly parts: readonly StepPart[];
  readonly arrivals: Arrivals;
}

/** Latencies of one part of a step, from the request's first byte to the answer's last. */
export interface PartMeasurement {
  readonly part: StepPart;
  readonly latenciesMs: readonly number[];
  /** Of each, how long nothing had been under way when it was sent; −1 where something was. */
  readonly restsMs: readonly number[];
}

/** Commits of a step by the relay's own clock. */
export interface StepCommits {
  readonly count: number;
  readonly seconds: number;
  readonly jobs: number;
  readonly changes: number;
  /** How many took longer than one time and at most another, ms; the last one is open. */
  readonly buckets: readonly { readonly overMs: number; readonly upToMs: number; readonly count: number }[];
}

/** What disturbed a step; each a share of its time, but for the canaries. */
export interface Disturbance {
  /** The server's event loop was ready to run and had no core. Undefined where its process cannot be seen. */
  readonly serverWait: number | undefined;
  readonly driverWait: number;
  readonly steal: number;
  /** How long a fixed piece of work took before and after, ms. */
  readonly canaryMs: readonly [before: number, after: number];
  /** Median and 99th percentile of how late arrivals were sent, ms; 0 for closed loops. */
  readonly lateMs: readonly [p50: number, p99: number];
}

/** One step, measured. */
export interface StepMeasurement {
  readonly load: StepLoad;
  readonly repeat: number;
  readonly seconds: number;
  readonly answers: number;
  /** Answers that were no success, or that had other than what was asked for. */
  readonly failures: number;
  readonly parts: readonly PartMeasurement[];
  /** CPU of the server's event loop, ms; of its whole process where only that is known; undefined where neither is. */
  readonly cpuMs: number | undefined;
  /** CPU of the driver's event loop, ms. */
  readonly driverCpuMs: number;
  readonly commits: StepCommits | undefined;
  readonly disturbance: Disturbance;
  /** Why it counts as disturbed; empty where it does not. */
  readonly reasons: readonly string[];
}

/** A quantile of figures that are in order; 0 where there are none. @param share 0–1 */
export function quantileOf(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return 0;
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (sorted[above]! - sorted[below]!) * (at - below);
}

/** Figures in ascending order. */
export function inOrder(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/** The median of figures in any order; 0 where there are none. */
export function medianOf(values: Iterable<number>): number {
  return quantileOf(inOrder(values), 0.5);
}

/** All latencies of a step in order. */
export function latenciesOf({ parts }: Pick<StepMeasurement, 'parts'>): Float64Array {
  return inOrder(parts.flatMap(({ latenciesMs }) => latenciesMs));
}

/** What a part is called: `push 5`, `pull 100`. */
export function partName({ op, size }: StepPart): string {
  return `${op} ${size}`;
}

/** The mean gap between arrivals of an open load, ms. */
export function meanGapMs({ perSecond, rests }: Extract<Arrivals, { kind: 'open' }>): number {
  const { share, meanMs } = rests ?? { share: 0, meanMs: 0 };
  return ((1 - share) * 1000) / perSecond + share * meanMs;
}

/** The share of each part in a load's requests, cumulated; the last is 1. */
export function cumulatedShares(parts: readonly StepPart[]): number[] {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  return parts.map(({ weight }, index) => (index === parts.length - 1 ? 1 : (sum += weight) / total));
}

/** Steps that were not disturbed; of a load that always was, all. */
export function quietSteps(steps: readonly StepMeasurement[]): StepMeasurement[] {
  const isQuiet = ({ reasons }: StepMeasurement): boolean => reasons.length === 0;
  const quiet = new Set(steps.filter(isQuiet).map(({ load }) => load.name));
  return steps.filter((step) => isQuiet(step) || !quiet.has(step.load.name));
}
