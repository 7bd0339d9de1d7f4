// What goes over the wire between a run and a real relay: one request, one answer, as texts, and what the relay is told
// beside it where it is one of ours. It must not know threads, processes or sockets, nor what the texts say.

import type { CommitPoint } from '../../models/relay/control.ts';

/** One HTTP request. */
export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From the root of the relay, without a prefix. */
  readonly path: string;
  readonly token?: string | undefined;
  readonly body?: string | undefined;
  /** Changes on a page of a pull, for relays that can be asked for fewer. */
  readonly pageSize?: number | undefined;
}

/** What came back. */
export interface WireAnswer {
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly body: string;
  /** 0 where the relay does not say. */
  readonly retryAfterMs: number;
  /** Why no answer came, in words. */
  readonly error?: string | undefined;
}

/** What a relay of our own can be told, beside requests; each is done when the next request is sent. */
export type WireCommand =
  | { readonly name: 'open'; readonly options: RelayOptions }
  | { readonly name: 'freeze'; readonly lagChanges: number }
  | { readonly name: 'thaw' | 'loseFrozen' }
  | { readonly name: 'loseTail'; readonly count: number }
  /** Its process ends within the next push, before or after the commit; that push is not answered. */
  | { readonly name: 'dieAt'; readonly point: CommitPoint }
  /** Its process ends as by SIGKILL, or what stands for it is dropped as it is. */
  | { readonly name: 'kill' }
  /** It starts again on what it had stored. */
  | { readonly name: 'revive' }
  /** All bytes that its store holds. */
  | { readonly name: 'held' }
  /** The address at which its process listens, as one UTF-8 text. */
  | { readonly name: 'where' };

/** How a relay of our own is opened: with an empty store. */
export interface RelayOptions {
  /** Undefined where no tokens are asked for. */
  readonly tokenSecret: string | undefined;
  readonly pageSize: number;
  /** `sqlite`, a file of its own for each run, or a Postgres address, a schema of its own for each run. */
  readonly store: string;
}

/** Where a relay stands. */
export type WireTarget =
  | { readonly kind: 'inject' | 'spawn' }
  | {
      readonly kind: 'http';
      /** `http://host:port`, without a path. */
      readonly origin: string;
      readonly pathPrefix: string;
      readonly headers: Readonly<Record<string, string>>;
    };

/** Why a request that comes after the first time-out was not sent. */
export const TIMEOUT_BEFORE = 'timeout before';

/** A wire that is waited for: a call comes back with the answer. */
export interface Wire {
  readonly target: WireTarget;
  /**
   * Once a request or the wire itself was silent for too long: from then on no request is sent, and each is answered at
   * once with status 0 and the error `TIMEOUT_BEFORE`. No further run must use it.
   */
  readonly isDead: boolean;
  request(request: WireRequest): WireAnswer;
  /** @throws InputError where the relay cannot be opened; AssertionError where it cannot be told this */
  command(command: WireCommand): readonly Uint8Array[];
  close(): void;
}

/** What answers requests behind a wire, on the thread that does the waiting. */
export interface Backend {
  request(request: WireRequest): Promise<WireAnswer>;
  command(command: WireCommand): Promise<readonly Uint8Array[]>;
  close(): Promise<void>;
}
