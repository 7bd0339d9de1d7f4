// A real relay under the wall clock: requests go out as they come and are not waited for; what comes back is told when it
// is there, and so is what the relay has for a member. It must not know who asks, nor what virtual time it is.

import type { RelayRequest, RelayResponse } from '../../models/relay/messages.ts';
import type { HttpAnswer, HttpClient } from './http-client.ts';
import type { LivePort } from './live-port.ts';
import { MemberSockets } from './member-sockets.ts';
import type { RealTime } from './real-time.ts';

/** A request that has been answered. */
export interface Answered {
  readonly request: RelayRequest;
  readonly response: RelayResponse;
  /** When the answer was there, µs of real time. */
  readonly atUs: number;
  /** From when it really went out until then, µs. */
  readonly tookUs: number;
}

/** Who hears of it. Both are called between two events of the run, never within one. */
export interface LiveEars {
  answered(answered: Answered): void;
  /** There is something to pull for a device by id, since this instant of real time, µs. */
  notified(device: number, atUs: number): void;
  /** A request was due at the first instant and goes out at the second one, µs. */
  sent(dueUs: number, atUs: number): void;
}

export interface LiveRelayOptions {
  readonly http: HttpClient;
  readonly port: LivePort;
  readonly time: RealTime;
  /** Where sockets for notifications are opened: `ws://host:port/prefix/ws`. */
  readonly socketUrl: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A member of a ledger, by id. */
export interface LiveMember {
  readonly ledger: number;
  readonly device: number;
}

interface Waiting {
  readonly request: RelayRequest;
  readonly dueUs: number;
}

export class LiveRelay {
  readonly #options: LiveRelayOptions;
  readonly #sockets: MemberSockets;
  readonly #waiting: Waiting[] = [];
  #ears: LiveEars | undefined;

  constructor(options: LiveRelayOptions) {
    this.#options = options;
    const { socketUrl, headers, time } = options;
    this.#sockets = new MemberSockets(socketUrl, headers, (device) => {
      // A relay may greet a member before there is anything to pull, and before time begins.
      if (!time.hasBegun) return;
      this.#ears?.notified(device, time.nowUs);
      time.poke();
    });
  }

  /** Requests that are under way, those that were not flushed among them. */
  get inFlight(): number {
    return this.#waiting.length + this.#options.http.inFlight;
  }

  /** From now on somebody hears. */
  listen(ears: LiveEars): void {
    this.#ears = ears;
  }

  /** Members without a socket for notifications, though the relay has them: theirs never opened, or ended. */
  get missingSockets(): number {
    return this.#sockets.missing;
  }

  /** Opens members' sockets for notifications, several at a time; a relay that has none is asked no more. */
  async joinAll(members: readonly LiveMember[]): Promise<void> {
    const { port } = this.#options;
    const asked = members.map(({ ledger, device }) => {
      const query = `ledger_id=${port.ledgerId(ledger)}&device_id=${port.deviceId(device)}`;
      return { device, query, token: port.tokenOf(ledger) };
    });
    await this.#sockets.openAll(asked);
  }

  /** Takes a request that is due; it goes out with the next `flush`, when no simulated code is under way. */
  send(request: RelayRequest, dueUs: number): void {
    this.#waiting.push({ request, dueUs });
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    const { http, port, time } = this.#options;
    for (const { request, dueUs } of this.#waiting) {
      const { path, body, headers } = port.encoded(request);
      const sentUs = time.nowUs;
      this.#ears?.sent(dueUs, sentUs);
      http.request('POST', path, headers, body, (answer) => this.#answered(request, answer, sentUs));
    }
    this.#waiting.length = 0;
  }

  async close(): Promise<void> {
    this.#sockets.close();
    await this.#options.http.close();
  }

  #answered(request: RelayRequest, answer: HttpAnswer, sentUs: number): void {
    const { port, time } = this.#options;
    const atUs = time.nowUs;
    const response = port.read(request, answer);
    this.#ears?.answered({ request, response, atUs, tookUs: atUs - sentUs });
    time.poke();
  }
}
