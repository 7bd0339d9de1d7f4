// Sockets over which a relay tells members that there is something to pull, one for each member. A relay need not have
// them: whoever hears nothing syncs by itself now and then. It must not know what is pulled.

import { WebSocket } from 'undici';

/** A socket that is not open by then will not be. */
const OPEN_MS = 5000;

export class MemberSockets {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #told: (device: number) => void;
  readonly #sockets = new Set<WebSocket>();
  #isMissing = false;

  /** @param told hears of a member that has something to pull */
  constructor(url: string, headers: Readonly<Record<string, string>>, told: (device: number) => void) {
    this.#url = url;
    this.#headers = headers;
    this.#told = told;
  }

  /** How many are open. */
  get count(): number {
    return this.#sockets.size;
  }

  /** Opens a member's socket, or finds out that there are none. @param query which member */
  async open(device: number, query: string, token: string | undefined): Promise<void> {
    if (this.#isMissing) return;
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`${this.#url}?${query}`, { headers: { ...this.#headers, ...authorization } });
    const isOpen = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), OPEN_MS);
      const end = (opened: boolean): void => {
        clearTimeout(timer);
        resolve(opened);
      };
      socket.addEventListener('open', () => end(true));
      socket.addEventListener('error', () => end(false));
      socket.addEventListener('close', () => end(false));
    });
    if (!isOpen) {
      this.#isMissing = true;
      socket.close();
      return;
    }
    this.#sockets.add(socket);
    socket.addEventListener('message', () => this.#told(device));
    socket.addEventListener('close', () => this.#sockets.delete(socket));
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
    this.#sockets.clear();
  }
}
