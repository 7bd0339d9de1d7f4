// Relays by name: capacity, limits and service times of the modelled relay. Figures only; the model is made elsewhere.
import type { RelayOptions } from '../models/relay/model-ports.ts';

/** The modelled relay: its capacity, limits and service times, and the size of its pages. */
export interface RelayConfig extends RelayOptions {
  /** A preset's name, or a name of one's own where every key is given. */
  readonly name: string;
  /** Most changes in one page of a pull. */
  readonly pageSize: number;
  /** A planted bug that the modelled relay has, by its specimen's name; `none` for none. */
  readonly specimen: string;
}

/** The relay when none is named. */
export const DEFAULT_RELAY = 'default';

function preset(name: string, figures: Partial<Omit<RelayConfig, 'name'>>): Readonly<RelayConfig> {
  return Object.freeze({
    name,
    instances: 4,
    workers: 4,
    queueLimit: 10_000,
    timeoutMs: 30_000,
    pageSize: 100,
    specimen: 'none',
    rateLimitPerMinute: 0,
    bodyLimitBytes: 10_485_760,
    pushMsMean: 0.8,
    pushMsPerChange: 0.1,
    pullMsMean: 0.5,
    pullMsPerRow: 0.01,
    serviceSigma: 0.5,
    ...figures,
  });
}

/** The presets: `default`, whose rate limit is off so that load reaches it; `published`, with the published limits. */
export const RELAYS: Readonly<Record<string, Readonly<RelayConfig>>> = Object.freeze({
  [DEFAULT_RELAY]: preset(DEFAULT_RELAY, {}),
  published: preset('published', { rateLimitPerMinute: 60, bodyLimitBytes: 10_485_760, pageSize: 100 }),
});
