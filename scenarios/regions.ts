// Regions by name: where devices and instances of the relay are, how long a message takes from one to another, and by which
// a device is served. It must not know what is sent.

import { assert } from '../sim/errors.ts';
import { keyedUnit, type StreamKey } from '../sim/random.ts';

/** Where the relay's instances are, and by which of them a device is served. */
export interface RegionsConfig {
  /** A preset's name. */
  readonly name: string;
  /** A device is served by the nearest region that is up, or by the first region alone. */
  readonly routing: (typeof ROUTINGS)[number];
  /** From the loss of a region until its devices are sent to another. */
  readonly failoverMs: number;
}

export const ROUTINGS = ['nearest', 'first'] as const;

/** One region: nothing is added to any latency. */
export const ONE_REGION: Readonly<RegionsConfig> = Object.freeze({
  name: 'one',
  routing: 'nearest',
  failoverMs: 30_000,
});

/** Regions of a preset; the first one has the store. */
export interface RegionsPreset {
  readonly names: readonly string[];
  /** Shares of the devices, which add up to 1. */
  readonly shares: readonly number[];
  /** One way between two of them, ms. */
  latencyMs(from: number, to: number): number;
}

const CITIES = ['frankfurt', 'washington', 'dallas', 'tokyo', 'sydney', 'sao-paulo'] as const;
type City = (typeof CITIES)[number];

/**
 * Mean round trips between data centres, ms: the means of both directions of IBM Cloud's published measurements of 28 September
 * to 27 October 2024 ("Network latency dashboards" of its VPC documentation, inter-region latency). Above the diagonal.
 */
const ROUND_TRIP_MS: Readonly<Record<City, Partial<Record<City, number>>>> = {
  frankfurt: { washington: 91, dallas: 123, tokyo: 231, sydney: 250, 'sao-paulo': 197.5 },
  washington: { dallas: 31, tokyo: 168, sydney: 213.5, 'sao-paulo': 119 },
  dallas: { tokyo: 142, sydney: 184.5, 'sao-paulo': 144 },
  tokyo: { sydney: 115, 'sao-paulo': 285 },
  sydney: { 'sao-paulo': 327.5 },
  'sao-paulo': {},
};

function preset(shares: Readonly<Partial<Record<City, number>>>): RegionsPreset {
  const names = Object.keys(shares) as City[];
  return Object.freeze({
    names,
    shares: Object.values(shares),
    latencyMs: (from: number, to: number) => {
      if (from === to) return 0;
      const [a, b] = [names[from]!, names[to]!];
      return (ROUND_TRIP_MS[a][b] ?? ROUND_TRIP_MS[b][a]!) / 2;
    },
  });
}

/** The presets. The shares of devices are chosen, not measured. */
export const REGIONS: Readonly<Record<string, RegionsPreset>> = Object.freeze({
  one: preset({ frankfurt: 1 }),
  'eu-us': preset({ frankfurt: 0.5, washington: 0.5 }),
  three: preset({ frankfurt: 0.4, washington: 0.35, tokyo: 0.25 }),
  world: preset({ frankfurt: 0.3, washington: 0.25, dallas: 0.15, tokyo: 0.15, sydney: 0.05, 'sao-paulo': 0.1 }),
});

/** Who is served where, while a run goes on. */
export class Routing {
  readonly preset: RegionsPreset;
  readonly #config: RegionsConfig;
  readonly #key: StreamKey;
  /** Regions whose devices have been told that they are gone. */
  readonly #avoided = new Set<number>();

  constructor(config: RegionsConfig, key: StreamKey) {
    const found = REGIONS[config.name];
    assert(found !== undefined, 'the name of regions was checked');
    this.preset = found;
    this.#config = config;
    this.#key = key;
  }

  get size(): number {
    return this.preset.names.length;
  }

  /** The region that a device is in: a draw of its own, so that taking one away moves no other. */
  homeOf(device: number): number {
    if (this.size === 1) return 0;
    let u = keyedUnit(this.#key, device, 0, 0, 0);
    const { shares } = this.preset;
    for (let region = 0; region < shares.length; region++) {
      u -= shares[region]!;
      if (u < 0) return region;
    }
    return shares.length - 1;
  }

  /** The region that serves a device: the nearest one, or the first, that it has not been sent away from. */
  servingOf(device: number): number {
    if (this.size === 1) return 0;
    const home = this.homeOf(device);
    const from = this.#config.routing === 'nearest' ? home : 0;
    const up = this.preset.names.map((_, region) => region).filter((region) => !this.#avoided.has(region));
    let best = from;
    let bestMs = Number.POSITIVE_INFINITY;
    for (const region of up) {
      const ms = this.preset.latencyMs(from, region);
      if (ms < bestMs) [best, bestMs] = [region, ms];
    }
    return best;
  }

  /** What the way of a device to its region and on to the one that serves it adds, one way, µs. */
  addedUsOf(device: number): number {
    return Math.round(this.preset.latencyMs(this.homeOf(device), this.servingOf(device)) * 1000);
  }

  /** Between a region and the store, one way, µs. */
  storeDelayUs(region: number): number {
    return Math.round(this.preset.latencyMs(region, 0) * 1000);
  }

  /** From now on no device is sent to a region. */
  avoid(region: number): void {
    this.#avoided.add(region);
  }

  /** Devices are sent there again. */
  welcome(region: number): void {
    this.#avoided.delete(region);
  }

  /** From the loss of a region until its devices are sent to another, µs. */
  get failoverUs(): number {
    return Math.round(this.#config.failoverMs * 1000);
  }
}
