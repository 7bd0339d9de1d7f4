// Faults by name: how often and how badly things go wrong. Rates only; drawing and carrying out is done elsewhere.
// All of these are survivable: a correct system converges under each.

/** What goes wrong in a run, on top of the network's own rates. */
export interface FaultsConfig {
  /** A preset's name, or a name of one's own where every key is given. */
  name: string;
  /** Added to the network's loss, 0–1. */
  lossRate: number;
  /** Added to the network's duplication, 0–1. */
  duplicateRate: number;
  /** Added to the network's reordering, 0–1. */
  reorderRate: number;
  /** Partitions between one device and the relay, per device and hour of virtual time; arrivals are Poisson. */
  partitionsPerHour: number;
  /** Mean length of a partition, ms; exponential. */
  partitionMsMean: number;
  /** Share of partitions that cut one direction only, 0–1. */
  partitionOneWayShare: number;
  /** A device's clock starts wrong by up to this, either way, ms. */
  skewMsMax: number;
  /** A device's clock runs fast or slow by up to this, parts per million. */
  driftPpmMax: number;
  /** Steps of a device's clock, per device and hour; arrivals are Poisson. */
  stepsPerHour: number;
  /** A step's size is up to this, either way, ms. */
  stepMsMax: number;
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
