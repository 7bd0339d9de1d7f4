// What a sync client is told and what it asks of others: its options, what carries its messages, and its device.

import type { DeviceClock } from '../sim/device-clock.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { Draws } from './draws.ts';
import type { Measures } from './measures.ts';
import type { Page, RelayRequest, WireSizes } from './relay/messages.ts';

/** How a wait before a retry is drawn: anywhere up to its cap, or always the cap itself, so that retries come together. */
export const RETRY_JITTERS = ['full', 'none'] as const;

export interface SyncClientOptions {
  /** Most changes in one push. */
  readonly batchSize: number;
  /** A device syncs by itself this often. */
  readonly autoSyncMs: number;
  /** A notified device pulls within this. */
  readonly notifyMs: number;
  /** A request without an answer is given up and retried after this. */
  readonly timeoutMs: number;
  /** The first retry waits up to this, each further one up to twice as long. */
  readonly retryMsBase: number;
  readonly retryMsMax: number;
  readonly retryJitter: (typeof RETRY_JITTERS)[number];
}

/** What carries requests and takes what comes of them. */
export interface SyncClientPorts {
  readonly simulation: Simulation;
  readonly measures: Measures;
  readonly sizes: WireSizes;
  readonly draws: Draws;
  wireBytesOf(change: number): number;
  /** Puts a request on its way to the relay. */
  send(request: RelayRequest): void;
}

/** The device's side: takes pages, hears of accepted changes, and has a clock for pulls by time. */
export interface SyncClientOwner {
  /** The id that it shows to the relay. */
  readonly id: number;
  readonly clock: Pick<DeviceClock, 'nowMs'>;
  /** Applies a page, the one after those taken before. */
  takePage(page: Page): void;
  accepted(changes: readonly number[]): void;
  /** Makes durable what is about to be sent. */
  sync(): void;
  /** Where devices sync by state: the request with what goes with it. */
  withState(request: RelayRequest): RelayRequest;
}

/** Called when an operation that somebody waits for has ended; `true` where every request of it was answered well. */
export type OperationDone = (isOk: boolean) => void;
