// Opens a real relay for a run under the wall clock. It must not know what a run asks.

import { randomUUID } from 'node:crypto';
import { type RelaySide, type RelaySideOptions, reachSide } from '../wire/sides.ts';
import { HttpClient } from './http-client.ts';
import { LivePort } from './live-port.ts';
import { LiveRelay } from './live-relay.ts';
import type { RealTime } from './real-time.ts';

export interface LiveSideOptions extends RelaySideOptions {
  readonly time: RealTime;
  readonly connections: number;
  /** A request that is not answered by then is given up, ms. */
  readonly timeoutMs: number;
}

export interface LiveSide {
  readonly port: LivePort;
  readonly live: LiveRelay;
}

/** @throws InputError where the relay cannot be reached */
export function openLiveSide(side: RelaySide, options: LiveSideOptions): LiveSide {
  // Real time makes each run another one: what is sent differs, so keys must.
  const identity = `${options.identity} ${randomUUID()}`;
  const { wire, bodies, tokenOf, hide, giveBack } = reachSide(side, { ...options, identity });
  const { target } = wire;
  const isRemote = target.kind === 'http';
  const origin = isRemote ? target.origin : new TextDecoder().decode(wire.command({ name: 'where' })[0]);
  const pathPrefix = isRemote ? target.pathPrefix : '';
  const headers = isRemote ? target.headers : {};
  const { connections, timeoutMs, time } = options;
  const http = new HttpClient({ origin, pathPrefix, headers, connections, timeoutMs: Math.ceil(timeoutMs) });
  const port = new LivePort({ ...options, wire, bodies, tokenOf, hide, giveBack });
  const socketUrl = `${origin.replace(/^http/, 'ws')}${pathPrefix}/ws`;
  const live = new LiveRelay({ http, port, time, socketUrl, headers });
  return { port, live };
}
