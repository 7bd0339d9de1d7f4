// The sync client of one device: an outbox of changes to push, a cursor to pull from, one request at a time, retries
// with exponential backoff and full jitter, pulls soon after a notification and a sync by itself every so often. It
// never gives up. It must not know documents, nor what carries its messages.

import { assert } from '../sim/errors.ts';
import { CAUSE_AUTO_SYNC, causeOf, isTurn } from './cause.ts';
import { Backoff } from './backoff.ts';
import { ExpressPush } from './express-push.ts';
import { measureRequest } from './measures.ts';
import type { Page, Pushed, RelayRequest, RelayResponse } from './relay/messages.ts';
import type { OperationDone, SyncClientOwner } from './sync-client-ports.ts';
import type { SyncClients } from './sync-clients.ts';
import { type Operation, PULL, PUSH, type QueuedOperation, SyncWish } from './sync-wish.ts';

export class SyncClient {
  readonly index: number;
  readonly #ledger: number;
  readonly #shared: SyncClients;
  readonly #owner: SyncClientOwner;

  /** Changes that the relay has not accepted yet, oldest first. */
  #outbox: number[] = [];
  /** Where the next pull begins: a position in 1.1, a timestamp in 1.0. */
  cursor = 0;

  #operation: Operation | 0 = 0;
  #done: OperationDone | undefined;
  #cause = 0;
  #attempt = 0;
  #page = 0;
  /** Numbers all requests; and the one that the operation under way has sent last. */
  #serial = 0;
  #requestSerial = 0;
  #sentAtUs = 0;
  /** When the request that was sent last was due, which its time counts from. */
  #dueAtUs = 0;
  #isTimeoutPending = false;
  #batch: readonly number[] = [];
  /** How far back the pull under way begins, ms; 0 where it begins at the cursor. */
  #sinceMs = 0;
  /** Where the page that is asked for begins. */
  #since = 0;

  /** An operation of a user that waits for the present one to end. */
  #queued: QueuedOperation | undefined;
  readonly #pushWish = new SyncWish();
  readonly #pullWish = new SyncWish();

  readonly #backoff = new Backoff();
  /** What the pull that is due is for, −1 for none: a failing pull meanwhile has a cause of its own. */
  #notifiedCause = -1;
  #autoSyncs = 0;
  /** Nothing is begun: there is no network, or the device is frozen. Counted, since several may say so. */
  #holds = 0;
  /** The device's process is gone. */
  #isHalted = false;
  readonly #express = new ExpressPush();

  constructor(shared: SyncClients, index: number, ledger: number, owner: SyncClientOwner) {
    assert(shared.add(index, this), 'a device has one client');
    this.#shared = shared;
    this.index = index;
    this.#ledger = ledger;
    this.#owner = owner;
  }

  /** Changes that are still to be pushed. */
  get outboxLength(): number {
    return this.#outbox.length;
  }

  get outbox(): readonly number[] {
    return this.#outbox;
  }

  /** True while a request is under way or an operation is due. */
  get isBusy(): boolean {
    return this.#operation !== 0 || this.#queued !== undefined || this.#pushWish.isOpen || this.#pullWish.isOpen;
  }

  /** Starts the device's own rhythm. @param firstUs from now until its first auto-sync */
  start(firstUs: number): void {
    this.#shared.ports.simulation.schedule(firstUs, this.#shared.autoSyncHandler, this.index);
  }

  /** Puts a change into the outbox. */
  enqueue(change: number): void {
    this.#outbox.push(change);
  }

  /**
   * Pushes the outbox for a user's turn; `done` hears of the first failure, or the end.
   *
   * @param dueUs when the user meant it to begin; left out, when it does
   */
  push(cause: number, done?: OperationDone, dueUs?: number): void {
    this.#request({ operation: PUSH, cause, attempt: 0, done, sinceMs: 0, dueUs });
  }

  /**
   * Pulls until there is no more, for a user's turn.
   *
   * @param sinceMs dialect 1.0 alone: begins so far back from what the device's clock shows when the pull begins, and
   *   not at the cursor; 0 is the cursor. A retry goes on from the cursor.
   */
  pull(cause: number, done?: OperationDone, sinceMs = 0, dueUs?: number): void {
    this.#request({ operation: PULL, cause, attempt: 0, done, sinceMs, dueUs });
  }

  /** Pushes the outbox as soon as nothing else is under way; nobody waits for it. */
  pushSoon(cause: number): void {
    this.#pushWish.openOnce(cause);
    this.#next();
  }

  /** The device's process is gone: nobody hears of what was under way. */
  halt(): void {
    const waiting = [this.#done, this.#queued?.done];
    this.#isHalted = true;
    this.#operation = 0;
    this.#done = this.#queued = undefined;
    this.#pushWish.close();
    this.#pullWish.close();
    this.#backoff.isOn = false;
    this.#backoff.succeeded();
    this.#notifiedCause = -1;
    this.#express.forget();
    for (const done of waiting) done?.(false);
  }

  /** A new life begins, with what the storage gave back. @param cursor as pulls give it */
  restart(outbox: readonly number[], cursor: number): void {
    this.#outbox = [...outbox];
    this.cursor = cursor;
    this.#isHalted = false;
  }

  /** From now on nothing is begun; what is under way goes on. Nests. */
  hold(): void {
    this.#holds++;
  }

  /** Takes back one `hold`. */
  release(): void {
    assert(this.#holds > 0, 'a client was released more often than held');
    this.#holds--;
    this.#next();
  }

  /**
   * Pushes the newest change by itself, at once, beside whatever is under way: it may be accepted before older ones.
   *
   * @returns false where there is none that has an older one before it, or one is under way like that
   */
  overtake(cause: number): boolean {
    const { ports, options } = this.#shared;
    const newest = this.#outbox.at(-1);
    const isUnderWay = this.#express.isUnderWay(ports.simulation.nowUs, options.timeoutMs * 1000);
    const isBarred = this.#isHalted || this.#holds > 0 || isUnderWay || options.isByState === true;
    if (newest === undefined || isBarred || this.#outbox.length < 2) return false;
    if (this.#operation === PUSH && this.#batch.includes(newest)) return false;
    this.#serial = (this.#serial + 1) | 0;
    const sender = { ports, owner: this.#owner, ledger: this.#ledger, origin: this.index };
    this.#express.send(sender, cause, this.#serial, newest);
    return true;
  }

  /** There is something to pull. @param cause what caused it, of the device that pushed */
  notified(cause: number): void {
    if (this.#notifiedCause >= 0 || this.#isHalted) return;
    this.#notifiedCause = cause;
    const { options, ports, pullDueHandler } = this.#shared;
    const notifyUs = options.notifyMs * 1000;
    const u = ports.draws.unit('notify', cause, this.index, 0, 0);
    ports.simulation.schedule(Math.floor((notifyUs * (1 + u)) / 2), pullDueHandler, this.index);
  }

  /** For the kernel: the pull after a notification is due. */
  pullDue(): void {
    if (this.#notifiedCause < 0) return;
    this.#pullWish.openOnce(this.#notifiedCause);
    this.#notifiedCause = -1;
    this.#next();
  }

  /** For the kernel: the device syncs by itself. */
  autoSync(): void {
    const { autoSyncHandler, options, ports } = this.#shared;
    const n = ++this.#autoSyncs;
    ports.simulation.schedule(Math.round(options.autoSyncMs * 1000), autoSyncHandler, this.index);
    if (this.#isHalted) return;
    if (this.#outbox.length > 0 && this.#operation !== PUSH) {
      this.#pushWish.openOnce(causeOf(CAUSE_AUTO_SYNC, this.index, 2 * n));
    }
    if (this.#operation !== PULL) this.#pullWish.openOnce(causeOf(CAUSE_AUTO_SYNC, this.index, 2 * n + 1));
    this.#next();
  }

  /** The relay has answered. Answers to any but the latest request find nobody. */
  answered(serial: number, response: RelayResponse, bytes: number): void {
    const { measures } = this.#shared.ports;
    measures.bytesReceived.add(bytes);
    if (this.#express.isMeant(serial)) {
      this.#expressAnswered(response);
      return;
    }
    if (this.#operation === 0 || serial !== this.#requestSerial) return;
    const isRefusal = response.kind === 'refusal';
    this.#measure(response, this.#shared.ports.simulation.nowUs - this.#dueAtUs);
    if (isRefusal) {
      this.#fail(response.retryAfterMs);
      return;
    }
    this.#backoff.succeeded();
    if (response.kind === 'pushed') this.#pushed(response);
    else this.#pulled(response);
  }

  /**
   * For the kernel: some request's time is over. A client has one such event pending, for the earliest of its requests;
   * most are answered long before, so the event mostly finds a later one and moves on to its end.
   */
  timeoutDue(): void {
    const { options, ports, timeoutHandler } = this.#shared;
    const { simulation } = ports;
    this.#isTimeoutPending = false;
    if (this.#operation === 0) return;
    const deadlineUs = this.#sentAtUs + Math.round(options.timeoutMs * 1000);
    if (simulation.nowUs < deadlineUs) {
      this.#isTimeoutPending = true;
      simulation.scheduleAt(deadlineUs, timeoutHandler, this.index);
      return;
    }
    this.#measure(undefined, simulation.nowUs - this.#dueAtUs);
    this.#fail(0);
  }

  /** For the kernel: a backoff is over. */
  retry(backoff: number): void {
    if (this.#backoff.end(backoff)) this.#next();
  }

  #request(asked: QueuedOperation): void {
    const { operation, cause, done } = asked;
    if (operation === PUSH && this.#operation === PUSH && this.#done === undefined) {
      // A push under way goes on until the outbox is empty: the user waits for its end.
      this.#done = done;
      return;
    }
    if (this.#isHalted || this.#holds > 0) {
      // It is tried when there is a network again; nobody waits so long.
      if (operation === PUSH) this.#pushWish.openOnce(cause);
      done?.(false);
      return;
    }
    if (this.#operation !== 0) {
      assert(this.#queued === undefined, 'a user does one thing at a time');
      this.#queued = asked;
      return;
    }
    this.#begin(asked);
  }

  #begin({ operation, cause, attempt, done, sinceMs, dueUs }: QueuedOperation): void {
    // A person who tries again does not wait for a backoff.
    this.#backoff.isOn = false;
    this.#operation = operation;
    this.#cause = cause;
    this.#attempt = attempt;
    this.#page = 0;
    this.#sinceMs = sinceMs;
    this.#done = done;
    (operation === PUSH ? this.#pushWish : this.#pullWish).close();
    if (operation === PUSH && this.#outbox.length === 0) this.#end(true);
    else this.#send(dueUs);
  }

  #send(dueUs?: number): void {
    const { ports, options, timeoutHandler } = this.#shared;
    const { simulation, sizes } = ports;
    const serial = (this.#requestSerial = this.#serial = (this.#serial + 1) | 0);
    this.#sentAtUs = simulation.nowUs;
    this.#dueAtUs = dueUs ?? this.#sentAtUs;
    const ledger = this.#ledger;
    const { id: device } = this.#owner;
    const origin = this.index;
    const cause = this.#cause;
    const attempt = this.#attempt;
    const page = this.#page;
    let request: RelayRequest;
    if (this.#operation === PUSH) {
      this.#owner.sync();
      const changes = this.#outbox.slice(0, options.batchSize);
      this.#batch = changes;
      let changesBytes = 0;
      for (let i = 0; i < changes.length; i++) changesBytes += ports.wireBytesOf(changes[i]!);
      const bytes = sizes.push(changes.length, changesBytes);
      request = { kind: 'push', ledger, device, origin, cause, attempt, page, serial, bytes, answers: 0, changes };
    } else {
      const isByTime = this.#sinceMs > 0 && page === 0;
      const since = isByTime ? Math.max(0, this.#owner.clock.nowMs(simulation.nowUs) - this.#sinceMs) : this.cursor;
      this.#since = since;
      const bytes = sizes.pull(since);
      request = { kind: 'pull', ledger, device, origin, cause, attempt, page, serial, bytes, answers: 0, since };
    }
    if (options.isByState === true) request = this.#owner.withState(request);
    ports.measures.bytesSent.add(request.bytes);
    if (!this.#isTimeoutPending) {
      this.#isTimeoutPending = true;
      simulation.schedule(Math.round(options.timeoutMs * 1000), timeoutHandler, origin);
    }
    ports.send(request);
  }

  /** @param response undefined where none came in time */
  #measure(response: RelayResponse | undefined, tookUs: number): void {
    const isFirst = isTurn(this.#cause) && this.#attempt === 0;
    const asked = this.#operation === PUSH ? this.#batch : this.#since;
    measureRequest(this.#shared.ports.measures, asked, response, tookUs, isFirst);
  }

  #expressAnswered(response: RelayResponse): void {
    const change = this.#express.end(response);
    if (change < 0) return;
    this.#shared.ports.measures.changesAccepted.add(1);
    if (this.#operation !== PUSH || !this.#batch.includes(change)) {
      this.#outbox = this.#outbox.filter((each) => each !== change);
    }
    this.#owner.accepted([change]);
  }

  #pushed(response: Pushed): void {
    const { measures } = this.#shared.ports;
    measures.changesAccepted.add(response.accepted.length);
    if (response.rejected.length > 0) measures.changesRejected.add(response.rejected.length);
    const answered = response.accepted.length + response.rejected.length;
    if (answered === 0 && this.#batch.length > 0) {
      // An answer that says nothing of any change would be asked for again at once, for ever.
      this.#fail(0);
      return;
    }
    // A rejected change will not be accepted later either: it is taken out, and the oracles see that it was lost.
    if (answered < this.#batch.length) {
      const done = new Set(response.accepted);
      for (const { change } of response.rejected) done.add(change);
      this.#outbox = this.#outbox.filter((change) => !done.has(change));
    } else if (answered === this.#outbox.length) {
      this.#outbox.length = 0;
    } else {
      this.#outbox.splice(0, answered);
    }
    this.#owner.accepted(response.accepted);
    this.#page++;
    if (this.#outbox.length > 0) this.#send();
    else this.#end(true);
  }

  #pulled(page: Page): void {
    this.#shared.ports.measures.changesPulled.add(page.changes.length);
    this.#owner.takePage(page);
    this.cursor = page.cursor;
    this.#page++;
    if (page.hasMore) this.#send();
    else this.#end(true);
  }

  #fail(retryAfterMs: number): void {
    const { options, ports, retryHandler } = this.#shared;
    (this.#operation === PUSH ? this.#pushWish : this.#pullWish).open(this.#cause, this.#attempt + 1);
    const u = ports.draws.unit('backoff', this.#cause, this.index, this.#attempt, this.#page);
    const waitUs = this.#backoff.begin(u, retryAfterMs, options);
    ports.simulation.schedule(waitUs, retryHandler, this.index, this.#backoff.serial);
    this.#end(false);
  }

  #end(isOk: boolean): void {
    const done = this.#done;
    this.#operation = 0;
    this.#done = undefined;
    // What is waited for is told before the next begins, so that a user's wish comes before the device's own.
    if (done !== undefined) done(isOk);
    this.#next();
  }

  #next(): void {
    if (this.#operation !== 0 || this.#isHalted || this.#holds > 0) return;
    const queued = this.#queued;
    if (queued !== undefined) {
      this.#queued = undefined;
      this.#begin(queued);
    } else if (this.#backoff.isOn) {
      return;
    } else if (this.#pushWish.isOpen) {
      this.#begin(this.#pushWish.begun(PUSH));
    } else if (this.#pullWish.isOpen) {
      this.#begin(this.#pullWish.begun(PULL));
    }
  }
}
