// What the relay's model is made with: its capacity and limits, and what it asks of the rest of the world. Types alone.

import type { Draws } from '../draws.ts';
import type { ClusterOptions } from './cluster-options.ts';
import type { RelayMark, StoreControl } from './control.ts';
import type { RelayRequest, RelayResponse } from './messages.ts';
import type { ServiceOptions } from './service-options.ts';

/** The relay's capacity and limits. Service times are lognormal. */
export interface RelayOptions {
  /** Equal ones; `cluster.balancer` says which gets a request. */
  readonly instances: number;
  /** Requests that one instance serves at once. */
  readonly workers: number;
  /** Requests that wait at one instance; beyond it the relay answers 503. */
  readonly queueLimit: number;
  /** A request that has waited longer is given up when its turn comes: 503, and no rule is applied. 0 is never. */
  readonly timeoutMs: number;
  /** Requests a minute for one device; 0 is no limit. */
  readonly rateLimitPerMinute: number;
  /** Greatest request body; beyond it the relay answers 413. */
  readonly bodyLimitBytes: number;
  /** Mean service time of a push before its changes, and what each adds. */
  readonly pushMsMean: number;
  readonly pushMsPerChange: number;
  /** Mean service time of a pull before its rows, and what each adds. */
  readonly pullMsMean: number;
  readonly pullMsPerRow: number;
  /** Standard deviation of the logarithm of the service time; 0 is constant. */
  readonly serviceSigma: number;
}

/** What instances are, and how they stand together; left out, workers that share nothing but the log. */
export interface RelayModelOptions extends RelayOptions {
  readonly service?: ServiceOptions;
  readonly cluster?: ClusterOptions;
}

/** What the model asks of the rest of the world. */
export interface RelayPorts {
  /** Answers a request at the instant at which its service ends. */
  handle(request: RelayRequest): RelayResponse;
  /** Rows that a pull would return now. */
  rowsFor(request: RelayRequest): number;
  /** Sends the answer on its way to the device. */
  respond(request: RelayRequest, response: RelayResponse): void;
  /** Tells the other members of the ledger that there is something to pull. */
  notify(request: RelayRequest): void;
  /** Where a ledger's log ends; asked where followers lag. */
  endOf?(ledger: number): number;
  /** Regions there are, instances in turn; 1 where it is left out. */
  readonly regions?: number | undefined;
  /** The region that a request is sent to; 0 where it is left out. */
  regionOf?(request: RelayRequest): number;
  /** Each way between an instance of a region and a shared store, µs; 0 where it is left out. */
  storeDelayUs?(region: number): number;
  /** Service times, and what becomes of a message in a fault. */
  readonly draws: Draws;
  /** Makes things happen to the store; a side without it cannot fail over. */
  readonly control?: StoreControl | undefined;
  /** A rare situation was reached. */
  mark?(name: RelayMark): void;
}
