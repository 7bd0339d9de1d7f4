// What faults of the relay do to it. It must not know when they happen, nor what the relay holds.

import type { BurstCode, RelayControl } from '../relay/control.ts';
import type { FaultEvent, FaultKindOf } from './event.ts';
import { type Effect, NOTHING } from './ports.ts';

/** Something that a handle stands for while it lasts; an amount of 0 does nothing. */
function handled(set: (relay: RelayControl, event: FaultEvent) => number): Effect {
  return {
    begin: ({ ports }, event) => (event.amount > 0 ? set(ports.relay, event) : NOTHING),
    end: ({ ports }, _event, handle) => ports.relay.lift(handle),
  };
}

function serverError({ code = 500 }: FaultEvent): BurstCode {
  return code === 500 ? 'INTERNAL_ERROR' : 'UNAVAILABLE';
}

/** A follower answers for a while, and then takes over. */
function failover(end: (relay: RelayControl) => void): Effect {
  return {
    begin({ ports }, { amount }) {
      ports.relay.beginFailover(amount);
      return 0;
    },
    end: ({ ports }) => end(ports.relay),
  };
}

export const RELAY_EFFECTS: Readonly<Record<FaultKindOf<'relay'>, Effect>> = {
  'relay-crash': {
    begin({ ports }) {
      ports.relay.crash();
      return 0;
    },
    end: ({ ports }) => ports.relay.restart(),
  },
  'commit-crash': {
    begin({ ports }, { amount }) {
      ports.relay.armCrash(amount === 1 ? 'before commit' : 'after commit');
      return 0;
    },
    end: ({ ports }) => ports.relay.disarmCrash(),
  },
  'slow-store': handled((relay, { amount }) => relay.setSlowdown(amount)),
  'brown-out': handled((relay, { amount }) => relay.setWorkers(amount)),
  'lost-response': handled((relay, { amount }) => relay.loseResponses(amount)),
  'rate-limited': handled((relay, { amount }) => relay.refuse('RATE_LIMIT_EXCEEDED', amount)),
  'server-error': handled((relay, event) => relay.refuse(serverError(event), event.amount)),
  failover: failover((relay) => relay.endFailover()),
  'relay-tail-lost': {
    begin({ ports }, { amount }) {
      ports.relay.crash();
      ports.relay.loseTail(amount);
      return 0;
    },
    end: ({ ports }) => ports.relay.restart(),
  },
  'failover-lost': failover((relay) => relay.loseFrozen()),
};
