// A push of one change that does not wait for the one under way, so that it may be accepted before older changes. It must
// not know what makes a client overtake itself.

import type { RelayResponse } from './relay/messages.ts';
import type { SyncClientOwner, SyncClientPorts } from './sync-client-ports.ts';

/** Whose push it is. */
export interface ExpressSender {
  readonly ports: SyncClientPorts;
  readonly owner: SyncClientOwner;
  readonly ledger: number;
  /** Names the links. */
  readonly origin: number;
}

/** The express push of one client: one at a time. */
export class ExpressPush {
  /** Numbers its request; 0 where none is under way. */
  #serial = 0;
  #change = -1;
  #sentAtUs = 0;

  /** Whether an answer is still waited for. @param timeoutUs after which it never comes */
  isUnderWay(nowUs: number, timeoutUs: number): boolean {
    return this.#serial !== 0 && nowUs - this.#sentAtUs < timeoutUs;
  }

  /** @param serial a number that no other request of the device has, not 0 */
  send({ ports, owner, ledger, origin }: ExpressSender, cause: number, serial: number, change: number): void {
    this.#serial = serial;
    this.#change = change;
    this.#sentAtUs = ports.simulation.nowUs;
    owner.sync();
    const bytes = ports.sizes.push(1, ports.wireBytesOf(change));
    ports.measures.bytesSent.add(bytes);
    const identity = { ledger, device: owner.id, origin, cause, attempt: 0, page: 0, serial };
    ports.send({ kind: 'push', ...identity, bytes, answers: 0, changes: [change] });
  }

  /** Nobody waits for it any more. */
  forget(): void {
    this.#serial = 0;
  }

  /** Whether an answer is to this push. */
  isMeant(serial: number): boolean {
    return serial !== 0 && serial === this.#serial;
  }

  /** Takes the answer: the change where it was accepted, else −1, and the ordinary push is left with it. */
  end(response: RelayResponse): number {
    this.#serial = 0;
    return response.kind === 'pushed' && response.accepted.includes(this.#change) ? this.#change : -1;
  }
}
