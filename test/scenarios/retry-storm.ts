// A reconnect storm on a relay that is 80% busy: half of the devices come back at one instant. Whether clients
// that give up after a second wait ever longer, and each another time, or always the same, decides what becomes of it.
import type { ConfigLayer } from '../../scenarios/config-schema.ts';

export function retryStorm(client: ConfigLayer['client']): ConfigLayer {
  return {
    users: 300,
    thinkScale: 1,
    durationMs: 480_000,
    rampUpMs: 20_000,
    rampDownMs: 0,
    relay: { instances: 1, workers: 1, pushMsMean: 4, pullMsMean: 3.5 },
    client: { timeoutMs: 1000, ...client },
    incident: { kind: 'reconnect-storm', atMs: 120_000, forMs: 60_000, share: 0.5 },
  };
}

/** Backoff and jitter, as by default. */
export const PATIENT = {};
/** The same wait each time, for all. */
export const HASTY = { retryJitter: 'none', retryMsBase: 1000, retryMsMax: 1000 } as const;
