// What a kind of link is like: its options, the rules they must keep, and what follows from them for each message.
// It must not know any link's state.

import { type DistributionOptions, meanOf } from './distributions.ts';
import { InputError } from './errors.ts';

/** One direction between two parties. Latencies are of a message alone on the link: wire time comes on top. */
export interface LinkOptions {
  /** Mean one-way latency before it is held inside min and max, in milliseconds, ≥ 0. */
  readonly latencyMsMean: number;
  /** A latency below is raised to this, in milliseconds, 0 ≤ min ≤ mean. */
  readonly latencyMsMin: number;
  /** A latency above is lowered to this, in milliseconds, ≥ mean; a reordered message may take longer. */
  readonly latencyMsMax: number;
  /** Spread of the lognormal latency: standard deviation of its logarithm, ≥ 0; 0 makes it constant. */
  readonly latencySigma: number;
  /** Kilobits a second, ≥ 0; 0 is unlimited. Messages take the wire one after another. */
  readonly bandwidthKbit: number;
  /** Probability that a copy of a message is lost, 0–1. */
  readonly lossRate: number;
  /** Probability that a message is doubled on its way, 0–1. */
  readonly duplicateRate: number;
  /** Probability that a copy takes a detour, 0–1. */
  readonly reorderRate: number;
  /** Mean extra delay of a detour (exponential), in milliseconds; > 0 where reorderRate is. */
  readonly reorderMsMean: number;
  /**
   * Whether the link is one connection, on which no message overtakes an earlier one, but for reordered ones: a
   * WebSocket or another stream. False, the default, where every message is on its own, as requests are on
   * connections of their own or multiplexed on one: only the wire is shared, and a quick one passes a slow one.
   */
  readonly inOrder?: boolean;
}

/**
 * Checks a link's options.
 *
 * @param field where they stand in the configuration, for the error
 * @throws InputError that names the field, and for two that do not fit, both
 */
export function checkLinkOptions(options: LinkOptions, field = 'network'): void {
  const finite = (key: keyof LinkOptions): number => {
    const value = options[key];
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new InputError(`${field}.${key}`, value, '≥ 0');
    }
    return value;
  };
  const rate = (key: keyof LinkOptions): number => {
    const value = options[key];
    if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
      throw new InputError(`${field}.${key}`, value, '0 to 1');
    }
    return value;
  };
  const mean = finite('latencyMsMean');
  const min = finite('latencyMsMin');
  const max = finite('latencyMsMax');
  finite('latencySigma');
  finite('bandwidthKbit');
  rate('lossRate');
  rate('duplicateRate');
  const reorderRate = rate('reorderRate');
  const reorderMean = finite('reorderMsMean');
  if (min > max) throw new InputError(`${field}.latencyMsMin`, min, `≤ ${field}.latencyMsMax (${max})`);
  if (mean < min) throw new InputError(`${field}.latencyMsMean`, mean, `≥ ${field}.latencyMsMin (${min})`);
  if (mean > max) throw new InputError(`${field}.latencyMsMean`, mean, `≤ ${field}.latencyMsMax (${max})`);
  if (reorderRate > 0 && reorderMean === 0) {
    throw new InputError(`${field}.reorderMsMean`, reorderMean, `> 0 with ${field}.reorderRate (${reorderRate})`);
  }
}

/** The distribution of a link's latency, in milliseconds. */
export function latencyDistribution(options: LinkOptions): DistributionOptions {
  const { latencyMsMean: mean, latencySigma: sigma, latencyMsMin: min, latencyMsMax: max } = options;
  return sigma === 0 || mean === 0 ? { kind: 'constant', value: mean } : { kind: 'lognormal', mean, sigma, min, max };
}

/** Mean latency of a message that is neither lost nor reordered, on an idle link, without its wire time; in milliseconds. */
export function nominalLatencyMs(options: LinkOptions): number {
  return meanOf(latencyDistribution(options));
}

/** Options in the form in which messages need them; links with equal options share one. */
export interface LinkClass {
  readonly latency: DistributionOptions;
  readonly isConstant: boolean;
  /** The latency of a constant one. */
  readonly constantUs: number;
  /** The mean latency, of a message of which nothing is known. */
  readonly nominalUs: number;
  /** Time on the wire; 0 is unlimited bandwidth. */
  readonly wireUsPerByte: number;
  readonly lossRate: number;
  readonly duplicateRate: number;
  readonly reorderRate: number;
  /** Extra delay of a reordered copy, in milliseconds. */
  readonly detour: DistributionOptions;
  readonly inOrder: boolean;
}

/** The kinds of links of a network, each once, by number. */
export class LinkClasses {
  readonly #classes: LinkClass[] = [];
  readonly #indexByValues = new Map<string, number>();

  /**
   * The number of the class for these options.
   *
   * @throws InputError for options that break a rule of `LinkOptions`
   */
  indexOf(options: LinkOptions): number {
    checkLinkOptions(options);
    const { latencyMsMean, latencyMsMin, latencyMsMax, latencySigma, bandwidthKbit } = options;
    const { lossRate, duplicateRate, reorderRate, reorderMsMean, inOrder = false } = options;
    const values = [latencyMsMean, latencyMsMin, latencyMsMax, latencySigma, bandwidthKbit]
      .concat(lossRate, duplicateRate, reorderRate, reorderMsMean, inOrder ? 1 : 0)
      .join(' ');
    const known = this.#indexByValues.get(values);
    if (known !== undefined) return known;
    const latency = latencyDistribution(options);
    const index = this.#classes.push({
      latency,
      isConstant: latency.kind === 'constant',
      constantUs: Math.round(latencyMsMean * 1000),
      nominalUs: Math.round(meanOf(latency) * 1000),
      // 8 bits a byte, 1000 µs a millisecond; a kilobit a second is a bit a millisecond.
      wireUsPerByte: bandwidthKbit === 0 ? 0 : 8000 / bandwidthKbit,
      lossRate,
      duplicateRate,
      reorderRate,
      detour: { kind: 'exponential', mean: reorderMsMean },
      inOrder,
    });
    this.#indexByValues.set(values, index - 1);
    return index - 1;
  }

  at(index: number): LinkClass {
    return this.#classes[index]!;
  }
}
