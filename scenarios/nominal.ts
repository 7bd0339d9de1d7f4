// What a workload comes to where nothing is ever congested: the time of a request there and back, and of a user's action.
// It must not know what a run does.

import { nominalLatencyMs } from '../sim/link.ts';
import type { Action } from '../models/plan.ts';
import { meanAnswerUs } from '../models/relay/service-times.ts';
import type { Config } from './config-schema.ts';
import { REGIONS } from './regions.ts';

/** A turn of two requests has this many changes, for the mean service time of a push. */
const NOMINAL_CHANGES = 3;

/** Both ways of the network and between regions, and the mean service time of a push and a pull, ms. */
export function roundTripMs(config: Config): number {
  const { network, relay, service, cluster } = config;
  const link = { ...network, bandwidthKbit: 0 };
  const push = meanAnswerUs(relay, service, cluster, 'push', NOMINAL_CHANGES);
  const pull = meanAnswerUs(relay, service, cluster, 'pull', NOMINAL_CHANGES);
  return 2 * nominalLatencyMs(link) + (push + pull) / 2000 + 2 * betweenRegionsMs(config);
}

/** Mean way of a request from its device's region to the one that serves it, and on to a shared store, one way, ms. */
function betweenRegionsMs({ regions, cluster }: Config): number {
  const preset = REGIONS[regions.name]!;
  let ms = 0;
  for (let home = 0; home < preset.names.length; home++) {
    const serving = regions.routing === 'nearest' ? home : 0;
    const toStore = cluster.store === 'shared' ? preset.latencyMs(serving, 0) : 0;
    ms += preset.shares[home]! * (preset.latencyMs(home, serving) + toStore);
  }
  return ms;
}

/** How long an action takes where each of its requests is answered after a round trip, whole µs. */
export function nominalUsOf(config: Config): (action: Action) => number {
  const requestUs = Math.round(roundTripMs(config) * 1000);
  return ({ steps }) => {
    let us = 0;
    for (const step of steps) {
      if (step.do === 'pause') us += step.pauseUs;
      else if (step.do === 'push' || step.do === 'pull') us += requestUs;
    }
    return us;
  };
}
