// All relays with a planted bug, each with the oracle that finds it and what a run needs to reach it. Each has the relay
// that it is wrapped around for its correct sibling. It must not know how runs are made.

import type { FaultKind } from '../../faults/event.ts';
import { acknowledgesEarly } from './acknowledges-early.ts';
import { cachesEnds } from './cursor-back.ts';
import { fallsSilent } from './fallen-silent.ts';
import type { RelayHandler } from './handler.ts';
import { dropsPageTies } from './page-tie.ts';
import { refusesRetries } from './retry-refused.ts';
import { goesOnBehindSnapshots } from './snapshot-position.ts';
import { answersFromBehind } from './stale-follower.ts';
import { pagesByTimestamp } from './timestamp-cursor.ts';
import { keepsLast } from './uncovered-retention.ts';

/** What a run must have for a bug to be reached. */
export interface SpecimenNeeds {
  /** Any one of these faults. */
  readonly faults?: readonly FaultKind[];
  /** A layer of configuration. */
  readonly config?: { readonly relay?: { readonly pageSize?: number } };
}

export interface RelaySpecimen {
  readonly name: string;
  /** One plain sentence. */
  readonly bug: string;
  /** The oracle that finds it. */
  readonly oracle: string;
  readonly needs?: SpecimenNeeds;
  /** Puts the bug around what stands behind the relay's port; its state lives as long as that. */
  wrap<H extends RelayHandler>(port: H, nowUs: () => number): H;
}

/** In order of their names. */
export const RELAY_SPECIMENS: readonly RelaySpecimen[] = [
  {
    name: 'acknowledges-early',
    bug: 'The relay accepts a batch of changes before it has written the last one, and never writes that.',
    oracle: 'durability',
    wrap: (port) => acknowledgesEarly(port, 1),
  },
  {
    name: 'cursor-back',
    bug: 'The relay caches for five seconds where a log ends, and an empty page carries that as its cursor.',
    oracle: 'cursor',
    wrap: (port, nowUs) => cachesEnds(port, nowUs, 5_000_000),
  },
  {
    name: 'fallen-silent',
    bug: 'The relay answers everything with UNAVAILABLE from the first minute on.',
    oracle: 'liveness',
    wrap: (port, nowUs) => fallsSilent(port, () => nowUs() > 60_000_000),
  },
  {
    name: 'page-tie',
    bug: 'The relay takes the first change behind the end of a page for one of the page.',
    oracle: 'delivery',
    needs: { config: { relay: { pageSize: 3 } } },
    wrap: (port) => dropsPageTies(port),
  },
  {
    name: 'retry-refused',
    bug: 'The relay rejects a whole push of which one change was stored by an earlier attempt, new changes too.',
    oracle: 'convergence',
    needs: { faults: ['lost-response'] },
    wrap: (port) => refusesRetries(port),
  },
  {
    name: 'snapshot-position',
    bug: 'The relay takes a SNAPSHOT to cover all that is before it in the log, and not what its author had seen.',
    oracle: 'late-joiner',
    needs: { faults: ['retention'] },
    wrap: (port) => goesOnBehindSnapshots(port),
  },
  {
    name: 'stale-follower',
    bug: 'A follower that is behind a cursor answers an empty page with its own lower cursor.',
    oracle: 'cursor',
    needs: { faults: ['failover'] },
    wrap: (port) => answersFromBehind(port),
  },
  {
    name: 'timestamp-cursor',
    bug: 'A page holds what authors made after the timestamp at which the last page ended.',
    oracle: 'delivery',
    wrap: (port) => pagesByTimestamp(port),
  },
  {
    name: 'uncovered-retention',
    bug: 'The relay removes all but the last five changes of a log, though no SNAPSHOT covers them.',
    oracle: 'delivery',
    wrap: (port) => keepsLast(port, 5),
  },
];
