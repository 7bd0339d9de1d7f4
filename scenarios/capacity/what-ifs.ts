// The ready questions of a planner: what each changes of a run, and whether a capacity or a verdict answers it. It must not
// know how either is found.
import { InputError } from '../../sim/errors.ts';
import type { Config, ConfigLayer } from '../config-schema.ts';
import { oneOfNames } from '../nearest.ts';
import { ONE_REGION } from '../regions.ts';

/** A ready question. */
export interface WhatIf {
  readonly name: string;
  readonly title: string;
  /**
   * By what it is answered: the largest load with the change in force all the time; or how a run ends in which it happens
   * once and is over.
   */
  readonly by: 'capacity' | 'verdict';
  /** What it sets, given the configuration as it is. */
  layer(config: Config): ConfigLayer;
  /** So many ledgers' users are put on one. */
  readonly hotLedgers?: number;
  /** Storage is kept for ever. */
  readonly keepsLog?: boolean;
  /** Why it cannot be asked of a configuration, in words; left out, it always can. */
  refusal?(config: Config): string | undefined;
  /** What else is to be known of it, in words. */
  readonly note: string;
}

/** So much slower is a store that is slow. */
const SLOW_FACTOR = 4;
/** Users that come to one ledger where one came. */
const HOT_LEDGERS = 10;
/** A run that is judged: undisturbed, disturbed, and time to recover, ms. */
export const STORM = { atMs: 60_000, forMs: 30_000, afterMs: 240_000, share: 1 } as const;

/** From the start, for as long as a run may take. */
const ALL_TIME = { atMs: 0, forMs: 31_536_000_000 } as const;

function reconnectStorm(client: ConfigLayer['client'] = {}): ConfigLayer {
  const { atMs, forMs, afterMs, share } = STORM;
  return {
    durationMs: atMs + forMs + afterMs,
    rampUpMs: 10_000,
    rampDownMs: 0,
    incident: { kind: 'reconnect-storm', atMs, forMs, share },
    client,
  };
}

export const WHAT_IFS: readonly WhatIf[] = [
  {
    name: 'double-payload',
    title: 'every change is twice as big',
    by: 'capacity',
    layer: ({ relay, service, cluster, network }) => ({
      relay: { pushMsPerChange: 2 * relay.pushMsPerChange, pullMsPerRow: 2 * relay.pullMsPerRow },
      service: {
        pushMsPerChange: 2 * service.pushMsPerChange,
        pullMsPerRow: 2 * service.pullMsPerRow,
        commitMsPerChange: 2 * service.commitMsPerChange,
      },
      cluster: {
        storeCommitMsPerChange: 2 * cluster.storeCommitMsPerChange,
        storeReadMsPerRow: 2 * cluster.storeReadMsPerRow,
      },
      network: { bandwidthKbitUp: network.bandwidthKbitUp / 2, bandwidthKbitDown: network.bandwidthKbitDown / 2 },
    }),
    note: 'the work for each change and row doubles, and a link carries half as many of them',
  },
  {
    name: 'reconnect-storm',
    title: 'all devices lose their connection, and come back at once',
    by: 'verdict',
    layer: () => reconnectStorm(),
    note: `cut off for ${STORM.forMs / 1000} s; judged by whether the load of before comes back`,
  },
  {
    name: 'no-jitter',
    title: 'the same, and each retry waits as long as the first, all of them alike',
    by: 'verdict',
    layer: ({ client }) => reconnectStorm({ retryJitter: 'none', retryMsMax: client.retryMsBase }),
    note: `cut off for ${STORM.forMs / 1000} s; judged by whether the load of before comes back`,
  },
  {
    name: 'region-lost',
    title: 'a region is lost',
    by: 'capacity',
    layer: () => ({ incident: { kind: 'region-lost', ...ALL_TIME } }),
    refusal: ({ regions }) =>
      regions.name === ONE_REGION.name ? 'there is one region alone; regions.name says which there are' : undefined,
    note: 'lost all the time: what is left must carry everybody',
  },
  {
    name: 'instance-lost',
    title: 'an instance of the relay is lost',
    by: 'capacity',
    layer: () => ({ incident: { kind: 'instance-lost', ...ALL_TIME } }),
    refusal: ({ relay }) => (relay.instances < 2 ? 'there is one instance alone (relay.instances)' : undefined),
    note: 'lost all the time: the others must carry everybody',
  },
  {
    name: 'slow-store',
    title: `the store is ${SLOW_FACTOR} times as slow`,
    by: 'capacity',
    layer: () => ({ incident: { kind: 'slow-store', factor: SLOW_FACTOR, ...ALL_TIME } }),
    note: 'slow all the time',
  },
  {
    name: 'rate-limit',
    title: 'the relay has the published rate limit, 60 requests a minute of each device',
    by: 'capacity',
    layer: () => ({ relay: { rateLimitPerMinute: 60 } }),
    note: 'where one user alone sends more than that, no number of users keeps an objective on failures',
  },
  {
    name: 'no-retention',
    title: 'the log is kept for ever',
    by: 'capacity',
    layer: () => ({ faults: { retentionsPerHour: 0 } }),
    keepsLog: true,
    note: 'it costs storage rather than capacity: see --horizon',
  },
  {
    name: 'hot-ledger',
    title: `${HOT_LEDGERS} times as many users on one ledger`,
    by: 'capacity',
    layer: () => ({}),
    hotLedgers: HOT_LEDGERS,
    note: `the users of the first ${HOT_LEDGERS} ledgers share one; nothing changes where all share one already`,
  },
];

export const WHAT_IF_NAMES: readonly string[] = WHAT_IFS.map(({ name }) => name);

/**
 * The questions of `--what-if` texts, each once, in the order in which they stand above; `all` is all of them.
 * @throws InputError that names the nearest one, with the code ERR_WHAT_IF
 */
export function parseWhatIfs(texts: readonly string[], field = '--what-if'): WhatIf[] {
  const names = texts.flatMap((text) => text.split(',')).map((name) => name.trim());
  for (const name of names) {
    if (name === 'all' || WHAT_IF_NAMES.includes(name)) continue;
    throw new InputError(field, name, oneOfNames(name, [...WHAT_IF_NAMES, 'all']), 'ERR_WHAT_IF');
  }
  return WHAT_IFS.filter(({ name }) => names.includes(name) || names.includes('all'));
}
