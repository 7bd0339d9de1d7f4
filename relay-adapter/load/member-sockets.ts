// Sockets over which a relay tells members that there is something to pull, one for each member. A relay need not have
// them: whoever hears nothing syncs by itself now and then. It must not know what is pulled.

import { WebSocket } from 'undici';

/** A socket that is not open by then will not be. */
const OPEN_MS = 5000;
/** All members together are not waited for longer than this; those that are left sync by themselves. */
const OPEN_ALL_MS = 30_000;
/** Sockets that are being opened at a time. */
const AT_ONCE_MAX = 50;

/** Whose socket it is. */
export interface SocketMember {
  readonly device: number;
  /** Which member, as a query of an address. */
  readonly query: string;
  readonly token: string | undefined;
}

/** How long members wait, ms, where that is not as usual. */
export interface SocketTimes {
  readonly openMs?: number;
  readonly openAllMs?: number;
}

type Opening = 'open' | 'refused' | 'silent';

export class MemberSockets {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #told: (device: number) => void;
  readonly #openMs: number;
  readonly #sockets = new Set<WebSocket>();
  #leftMs: number;
  #missing = 0;
  #hasNone = false;
  /** Whether any member has been answered, one way or the other. */
  #isKnown = false;
  #isClosed = false;

  /** @param told hears of a member that has something to pull */
  constructor(
    url: string,
    headers: Readonly<Record<string, string>>,
    told: (device: number) => void,
    { openMs = OPEN_MS, openAllMs = OPEN_ALL_MS }: SocketTimes = {},
  ) {
    this.#url = url;
    this.#headers = headers;
    this.#told = told;
    this.#openMs = openMs;
    this.#leftMs = openAllMs;
  }

  /** How many are open. */
  get count(): number {
    return this.#sockets.size;
  }

  /** How many members have none although the relay has sockets: theirs never opened, or ended before its time. */
  get missing(): number {
    return this.#missing;
  }

  /** The relay refused the very first member: it has no sockets, and nobody is missing one. */
  get hasNone(): boolean {
    return this.#hasNone;
  }

  /** Opens members' sockets, the first one by itself: it finds out whether there are any. */
  async openAll(members: readonly SocketMember[]): Promise<void> {
    const untilMs = performance.now() + this.#leftMs;
    let next = 0;
    const openNext = async (): Promise<void> => {
      while (next < members.length && performance.now() < untilMs) {
        await this.#open(members[next++]!);
        // The first one finds out; then the others come side by side.
        if (next === 1) return;
      }
    };
    await openNext();
    await Promise.all(Array.from({ length: AT_ONCE_MAX }, openNext));
    this.#leftMs = Math.max(0, untilMs - performance.now());
    if (!this.#hasNone) this.#missing += members.length - next;
  }

  close(): void {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.close();
    this.#sockets.clear();
  }

  async #open({ device, query, token }: SocketMember): Promise<void> {
    if (this.#hasNone || this.#isClosed) return;
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`${this.#url}?${query}`, { headers: { ...this.#headers, ...authorization } });
    const opening = await this.#openingOf(socket);
    if (opening !== 'open' || this.#isClosed) {
      socket.close();
      if (opening === 'refused' && !this.#isKnown) this.#hasNone = true;
      else this.#missing++;
    } else {
      this.#sockets.add(socket);
      socket.addEventListener('message', () => this.#told(device));
      socket.addEventListener('close', () => {
        if (this.#sockets.delete(socket)) this.#missing++;
      });
    }
    this.#isKnown = true;
  }

  #openingOf(socket: WebSocket): Promise<Opening> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve('silent'), this.#openMs);
      const end = (opening: Opening): void => {
        clearTimeout(timer);
        resolve(opening);
      };
      socket.addEventListener('open', () => end('open'));
      socket.addEventListener('error', () => end('refused'));
      socket.addEventListener('close', () => end('refused'));
    });
  }
}
