// Networks by name: what a link between a device and the relay is like, one way. Figures only; links are made elsewhere.
import type { LinkOptions } from '../sim/link.ts';

/** Both directions of the links between every device and the relay. */
export interface NetworkConfig extends Readonly<Omit<LinkOptions, 'bandwidthKbit' | 'inOrder'>> {
  /** A preset's name, or a name of one's own where every key is given. */
  readonly name: string;
  /** From device to relay, kbit/s; 0 is unlimited. */
  readonly bandwidthKbitUp: number;
  /** From relay to device, kbit/s; 0 is unlimited. */
  readonly bandwidthKbitDown: number;
}

/** The network when none is named. Its 58 ms round trip and the processing time make the target rates of the profiles. */
export const DEFAULT_NETWORK = 'broadband';

function preset(name: string, figures: Partial<Omit<NetworkConfig, 'name'>>): Readonly<NetworkConfig> {
  return Object.freeze({
    name,
    latencyMsMean: 29,
    latencyMsMin: 5,
    latencyMsMax: 2000,
    latencySigma: 0.35,
    bandwidthKbitUp: 20_000,
    bandwidthKbitDown: 100_000,
    lossRate: 0,
    duplicateRate: 0,
    reorderRate: 0,
    reorderMsMean: 20,
    ...figures,
  });
}

/**
 * The presets. Round trips and bandwidths of `lte`, `4g` and `3g` are those of WebPageTest's connectivity profiles
 * (LTE 70 ms, 4G 170 ms, 3G 300 ms), halved for one way; `satellite` is geostationary, whose propagation alone takes
 * 240–280 ms one way, about 600 ms measured for the round trip (FCC, Measuring Broadband America). Loss and spread are
 * plausible choices; `flaky` is a far corner of a crowded wireless network.
 */
export const NETWORKS: Readonly<Record<string, Readonly<NetworkConfig>>> = Object.freeze({
  ideal: preset('ideal', {
    latencyMsMean: 0,
    latencyMsMin: 0,
    latencyMsMax: 0,
    latencySigma: 0,
    bandwidthKbitUp: 0,
    bandwidthKbitDown: 0,
  }),
  lan: preset('lan', {
    latencyMsMean: 0.5,
    latencyMsMin: 0.1,
    latencyMsMax: 50,
    latencySigma: 0.3,
    bandwidthKbitUp: 1_000_000,
    bandwidthKbitDown: 1_000_000,
  }),
  broadband: preset('broadband', {}),
  wifi: preset('wifi', {
    latencyMsMean: 34,
    latencyMsMin: 6,
    latencySigma: 0.5,
    bandwidthKbitDown: 60_000,
    lossRate: 0.002,
  }),
  lte: preset('lte', {
    latencyMsMean: 35,
    latencyMsMin: 15,
    latencyMsMax: 3000,
    latencySigma: 0.45,
    bandwidthKbitUp: 12_000,
    bandwidthKbitDown: 12_000,
    lossRate: 0.002,
  }),
  '4g': preset('4g', {
    latencyMsMean: 85,
    latencyMsMin: 25,
    latencyMsMax: 5000,
    latencySigma: 0.5,
    bandwidthKbitUp: 9_000,
    bandwidthKbitDown: 9_000,
    lossRate: 0.005,
  }),
  '3g': preset('3g', {
    latencyMsMean: 150,
    latencyMsMin: 50,
    latencyMsMax: 10_000,
    latencySigma: 0.6,
    bandwidthKbitUp: 768,
    bandwidthKbitDown: 1_600,
    lossRate: 0.01,
    reorderMsMean: 100,
  }),
  satellite: preset('satellite', {
    latencyMsMean: 300,
    latencyMsMin: 240,
    latencyMsMax: 5000,
    latencySigma: 0.12,
    bandwidthKbitUp: 3_000,
    bandwidthKbitDown: 25_000,
    lossRate: 0.005,
    reorderMsMean: 50,
  }),
  flaky: preset('flaky', {
    latencyMsMean: 60,
    latencyMsMin: 5,
    latencyMsMax: 8000,
    latencySigma: 0.9,
    bandwidthKbitUp: 2_000,
    bandwidthKbitDown: 8_000,
    lossRate: 0.05,
    duplicateRate: 0.01,
    reorderRate: 0.02,
    reorderMsMean: 60,
  }),
});

/** What chance does to messages on top of a network's own rates. */
interface AddedRates {
  readonly lossRate: number;
  readonly duplicateRate: number;
  readonly reorderRate: number;
}

/** The options of a device's links of one way: the network's, with what faults add. */
export function linkOptions(network: NetworkConfig, faults: AddedRates, way: 'up' | 'down'): LinkOptions {
  const { name: _name, bandwidthKbitUp, bandwidthKbitDown, ...options } = network;
  return {
    ...options,
    bandwidthKbit: way === 'up' ? bandwidthKbitUp : bandwidthKbitDown,
    lossRate: Math.min(1, network.lossRate + faults.lossRate),
    duplicateRate: Math.min(1, network.duplicateRate + faults.duplicateRate),
    reorderRate: Math.min(1, network.reorderRate + faults.reorderRate),
  };
}
