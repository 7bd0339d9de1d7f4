// Faults by name: how often and how badly things go wrong. Rates only; drawing and carrying out is done elsewhere.
// All of these are survivable: a correct system converges under each.
import type { FaultOptions } from '../models/faults.ts';

/** What goes wrong in a run, on top of the network's own rates. */
export interface FaultsConfig extends FaultOptions {
  /** A preset's name, or a name of one's own where every key is given. */
  readonly name: string;
  /** Added to the network's loss, 0–1. */
  readonly lossRate: number;
  /** Added to the network's duplication, 0–1. */
  readonly duplicateRate: number;
  /** Added to the network's reordering, 0–1. */
  readonly reorderRate: number;
  /** A device's clock starts wrong by up to this, either way, ms. */
  readonly skewMsMax: number;
  /** A device's clock runs fast or slow by up to this, parts per million. */
  readonly driftPpmMax: number;
}

function preset(name: string, rates: Partial<Omit<FaultsConfig, 'name'>>): Readonly<FaultsConfig> {
  return Object.freeze({
    name,
    lossRate: 0,
    duplicateRate: 0,
    reorderRate: 0,
    partitionsPerHour: 0,
    partitionMsMean: 0,
    partitionOneWayShare: 0,
    skewMsMax: 0,
    driftPpmMax: 0,
    stepsPerHour: 0,
    stepMsMax: 0,
    ...rates,
  });
}

/** The presets: `none`; a network that loses, doubles and reorders; devices cut off; clocks that are wrong. */
export const FAULT_PRESETS: Readonly<Record<string, Readonly<FaultsConfig>>> = Object.freeze({
  none: preset('none', {}),
  lossy: preset('lossy', { lossRate: 0.05, duplicateRate: 0.02, reorderRate: 0.05 }),
  partitions: preset('partitions', { partitionsPerHour: 12, partitionMsMean: 30_000, partitionOneWayShare: 0.3 }),
  // Quartz in phones and laptops is within about 100 ppm; minutes of skew and steps are what bad time sources cause.
  skew: preset('skew', { skewMsMax: 300_000, driftPpmMax: 100, stepsPerHour: 2, stepMsMax: 60_000 }),
});
