// Relays by name: capacity, limits and service times of the modelled relay. Figures only; the model is made elsewhere.

/** The modelled relay: its rules' limits and its station's service times (lognormal). */
export interface RelayConfig {
  /** A preset's name, or a name of one's own where every key is given. */
  name: string;
  instances: number;
  /** Requests that one instance serves at once. */
  workers: number;
  /** Requests that wait at one instance; beyond it the relay answers 503. */
  queueLimit: number;
  /** A request that has waited longer is given up when its turn comes (503), ms; 0 is never. */
  timeoutMs: number;
  /** Most changes in one page of a pull. */
  pageSize: number;
  /** Requests a minute for one device; beyond it the relay answers 429. 0 is off. */
  rateLimitPerMinute: number;
  /** Greatest request body, bytes; beyond it the relay answers 413. */
  bodyLimitBytes: number;
  /** Mean service time of a push, ms, before its changes. */
  pushMsMean: number;
  /** Added for each change of a push, ms. */
  pushMsPerChange: number;
  /** Mean service time of a pull, ms, before its rows. */
  pullMsMean: number;
  /** Added for each row that a pull returns, ms. */
  pullMsPerRow: number;
  /** Spread of the service times: standard deviation of their logarithm; 0 is constant. */
  serviceSigma: number;
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
