// Sync by state: a peer that keeps one merged document for each ledger, in the place of a relay that only hands on a log.
// It takes what devices have, and gives each what it lacks; the log beside it says who has what. It must not know which
// document type it keeps.

import { assert } from '../sim/errors.ts';
import { served } from '../sim/guard.ts';
import { documentFailure, type DocumentCall } from '../models/document-failure.ts';
import type { DocumentType, Replica } from '../models/documents/port.ts';
import type { RelayRequest, RelayResponse } from '../models/relay/messages.ts';
import type { RelayPort } from './port.ts';

/** What the peer's own documents are served. */
export interface PeerAmbient {
  random(): number;
  nowMs(): number;
}

/** Stands for the peer where a device's index is asked for. */
const PEER = -1;
/** Actors of the peer count down from here: no device is so high. */
const ACTOR_MAX = 2 ** 32 - 1;

/** A relay's port with a merged document beside it. @param documents a type with `since` */
export function statePeer(port: RelayPort, documents: DocumentType, run: object, ambient: PeerAmbient): RelayPort {
  const replicas: (Replica | undefined)[] = [];
  const replicaOf = (ledger: number): Replica => {
    const actor = ACTOR_MAX - ledger;
    const init = { deviceIndex: Math.floor(actor / 4096), incarnation: actor % 4096, actor, run };
    const chance = { random: () => ambient.random(), nowMs: () => ambient.nowMs() };
    return (replicas[ledger] ??= documents.create({ ...init, ...chance }));
  };
  const ask = <T>(doing: DocumentCall, question: () => T): T => {
    try {
      return served(ambient, question);
    } catch (error) {
      throw documentFailure(PEER, doing, error);
    }
  };
  const handle = (request: RelayRequest): RelayResponse => {
    const response = port.handle(request);
    if (response.kind === 'pushed' && request.kind === 'push' && request.state !== undefined) {
      const { state } = request;
      ask('receive', () => replicaOf(request.ledger).receive([state]));
    } else if (response.kind === 'page' && request.kind === 'pull' && request.version !== undefined) {
      const { version } = request;
      return ask('since', () => {
        const replica = replicaOf(request.ledger);
        assert(replica.since !== undefined, 'a type that syncs by state has since');
        return { ...response, state: replica.since(version), version: replica.version() };
      });
    }
    return response;
  };
  const dispose = (): void => {
    for (const replica of replicas) ask('dispose', () => replica?.dispose?.());
    replicas.length = 0;
  };
  return { ...port, handle, dispose };
}
