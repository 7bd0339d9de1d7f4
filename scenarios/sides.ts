// What stands behind the relay port of a run, by the name of its side: the modelled relay, or a real one that is reached
// over a wire. It must not know what is asked of it.

import { assert } from '../sim/errors.ts';
import type { ChangeTable } from '../models/change-table.ts';
import type { DocumentType } from '../models/documents/port.ts';
import type { StorePorts } from '../models/relay/store.ts';
import { inProcess } from '../relay-adapter/in-process.ts';
import type { LiveRelay } from '../relay-adapter/load/live-relay.ts';
import { openLiveSide } from '../relay-adapter/load/live-side.ts';
import type { RealTime } from '../relay-adapter/load/real-time.ts';
import type { RelayPort } from '../relay-adapter/port.ts';
import { type PeerAmbient, statePeer } from '../relay-adapter/state-peer.ts';
import { accessOfSearches, type SideAccess } from '../relay-adapter/wire/access.ts';
import { openRelaySide, type RelaySide } from '../relay-adapter/wire/sides.ts';
import type { Config } from './config-schema.ts';
import { isOwnDocuments } from './documents.ts';
import { SCENARIOS } from './registry.ts';
import { isLeakySpecimen } from './relay-specimens.ts';
import { TOOL } from './version.ts';

/** Where a side's relay is. */
export type Side = { readonly kind: 'model' } | RelaySide;

/** Why a text names no side: what was expected, and what may be shown of what came. */
export interface NoSide {
  readonly kind: 'none';
  readonly shown: string;
  readonly expected: string;
}

/** Reads the name of a side, which is an address where the relay is somewhere. */
export function readSide(name: string): Side | NoSide {
  if (name === 'model' || name === 'inject' || name === 'spawn') return { kind: name };
  const url = URL.canParse(name) ? new URL(name) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const expected = 'model, inject, spawn, or the address of a relay such as http://127.0.0.1:8787';
    return { kind: 'none', shown: name, expected };
  }
  const { protocol, host, origin, pathname } = url;
  if (url.username !== '' || url.password !== '') {
    // What was typed is not shown: it holds a secret.
    return { kind: 'none', shown: `${protocol}//…@${host}`, expected: 'an address without a user; give a --header' };
  }
  if (url.search !== '' || url.hash !== '') {
    return { kind: 'none', shown: `${origin}${pathname}`, expected: 'an address without ? and #' };
  }
  return { kind: 'http', origin, path: pathname.replace(/\/+$/, '') };
}

/** The side of a configuration that was checked. */
function sideOf({ side: name }: Config): Side {
  const side = readSide(name);
  assert(side.kind !== 'none', 'the side of a configuration was checked');
  return side;
}

/** What a side asks of the run that it serves. */
export interface SidePorts extends StorePorts {
  readonly table: ChangeTable;
  readonly documents: DocumentType;
  /** Whatever tells this run from others, for the documents of a peer. */
  readonly run: object;
  readonly peerAmbient: PeerAmbient;
  /** What a plan adds to the configuration: runs that may differ in anything must differ here. */
  readonly plan: unknown;
  /** What the run may drive; left out, what was granted to searches. */
  readonly access?: SideAccess | undefined;
  /** The clock of a run under the wall clock. */
  readonly time?: RealTime | undefined;
  nowUs(): number;
  nowMs(): number;
}

/** What a run asks, and where there is no virtual time how it asks without waiting. */
export interface OpenedPort {
  readonly port: RelayPort;
  readonly live?: LiveRelay;
}

/** Opens what a configuration names, with nothing in it. @throws InputError where a real relay cannot be reached */
export function openSide(config: Config, ports: SidePorts): OpenedPort {
  const { table, documents } = ports;
  const { dialect, relay, wire } = config;
  const model = inProcess(table, { dialect, pageSize: relay.pageSize }, ports);
  const side = sideOf(config);
  if (side.kind === 'model') {
    const { run, peerAmbient } = ports;
    return { port: config.sync === 'state' ? statePeer(model, documents, run, peerAmbient) : model };
  }
  const isSealed = wire.payloads === 'encrypted' && !isLeakySpecimen(relay.specimen);
  const options = {
    ...ports,
    membersOf: ports.membersOf ?? (() => []),
    dialect,
    pageSize: relay.pageSize,
    reference: model,
    isSealed,
    store: wire.store,
    pathPrefix: wire.pathPrefix,
    access: ports.access ?? accessOfSearches(),
    identity: JSON.stringify([TOOL.version, process.version, config, ports.plan ?? null]),
    // Code of a person's own may write other contents with the same configuration.
    isRepeatable: isOwnDocuments(documents) && Object.hasOwn(SCENARIOS, config.scenario),
  };
  if (config.clock === 'virtual') return { port: openRelaySide(side, options) };
  const { time } = ports;
  assert(time !== undefined, 'under the wall clock there is one');
  const { connections } = wire;
  const { timeoutMs } = config.client;
  return openLiveSide(side, { ...options, time, connections, timeoutMs });
}
