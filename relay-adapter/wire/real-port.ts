// A real relay behind the port, under the virtual clock: each request goes over a wire and is waited for. The modelled
// relay is asked the same beside it, so that every answer that the rules would not give is noticed, with the request that
// brought it. It must not know threads, processes or sockets.

import { assert } from '../../sim/errors.ts';
import type { Page, PullRequest, PushRequest, RelayRequest, RelayResponse } from '../../models/relay/messages.ts';
import type { CommitPoint } from '../../models/relay/control.ts';
import { cursorText } from '../cursor.ts';
import type { RelayPort } from '../port.ts';
import { type ReadAnswer, type ReadPage, readPage, type ReadPush, readPush } from './answers.ts';
import { auditedLog, walkLog } from './audit.ts';
import { ComplaintBook } from './complaints.ts';
import { Cursors } from './cursors.ts';
import { describeResponse, isSameResponse } from './differences.ts';
import { Patience } from './patience.ts';
import { relayControl } from './relay-control.ts';
import { isBeginning, joinMember, type Speaking } from './speaking.ts';

export interface RealPortOptions extends Speaking {
  /** The modelled relay, with nothing in it. */
  readonly reference: RelayPort;
  /** Changes on a page, as the modelled relay has them. */
  readonly pageSize: number;
  isMember(ledger: number, device: number): boolean;
}

export function realPort(options: RealPortOptions): RelayPort {
  const side = new RealSide(options);
  const { reference, wire, table } = options;
  const { control } = reference;
  const isOurs = wire.target.kind !== 'http';
  return {
    side: wire.target.kind,
    handle: (request) => side.handle(request),
    rowsFor: (request) => reference.rowsFor(request),
    log: (ledger) => side.log(ledger),
    timestampMs: (change) => table.timestampMs(change),
    end: (ledger) => reference.end(ledger),
    retained: (ledger) => reference.retained(ledger),
    audit: () => side.audit(),
    complaints: side.complaints.list,
    ...(isOurs && { held: () => wire.command({ name: 'held' }) }),
    ...(isOurs &&
      control !== undefined && {
        control: relayControl(wire, control, (point, push) => side.dieAt(point, push)),
      }),
  };
}

class RealSide {
  readonly complaints: ComplaintBook;
  readonly #options: RealPortOptions;
  readonly #cursors = new Cursors();
  /** Members that the relay was told of, by ledger. */
  readonly #joined = new Map<number, Set<number>>();
  /** Logs as the relay hands them out at the end, where they are not what it has acknowledged. */
  readonly #audited = new Map<number, Int32Array>();
  readonly #ledgers = new Set<number>();

  constructor(options: RealPortOptions) {
    this.#options = options;
    this.complaints = new ComplaintBook(options);
  }

  log(ledger: number): Int32Array {
    return this.#audited.get(ledger) ?? this.#options.reference.log(ledger);
  }

  handle(request: RelayRequest): RelayResponse {
    this.#ledgers.add(request.ledger);
    this.#joinMembers(request.ledger);
    const expected = this.#options.reference.handle(request);
    const answer = request.kind === 'push' ? this.#push(request) : this.#pull(request);
    const { table } = this.#options;
    const { wrong } = answer;
    if (wrong !== undefined) {
      this.complaints.about(request, wrong.kind, () => [describeResponse(expected, table), wrong.got]);
    }
    const response = this.#numbered(request, answer, expected);
    if (isSameResponse(expected, response)) return expected;
    if (wrong === undefined) {
      this.complaints.about(request, 'differs', () => [
        describeResponse(expected, table),
        describeResponse(response, table),
      ]);
    }
    // What a run begins with is nobody's request: without it there is no run, and that it was not taken is noted.
    return isBeginning(request) ? expected : response;
  }

  /** Sends a push within which the relay ends: nobody answers. */
  dieAt(point: CommitPoint, push: PushRequest): void {
    const { reference, wire } = this.#options;
    this.#ledgers.add(push.ledger);
    this.#joinMembers(push.ledger);
    if (point === 'after commit') reference.handle(push);
    wire.command({ name: 'dieAt', point });
    const { response } = this.#push(push);
    if (response.kind === 'refusal') return;
    this.complaints.about(push, 'differs', () => ['no answer: the relay was to end', 'an answer']);
  }

  /** Reads what the relay holds in the end. */
  audit(): void {
    const { reference, table } = this.#options;
    const patience = new Patience(this.#options.sleep);
    for (const ledger of [...this.#ledgers].sort((one, other) => one - other)) {
      const expected = reference.log(ledger);
      const { log, wrong } = auditedLog(ledger, expected, {
        ...this.#options,
        patience,
        request: (path, body) => this.#request(ledger, path, body),
      });
      if (wrong === undefined) continue;
      this.complaints.ofLog(ledger, wrong);
      this.#audited.set(ledger, log);
      const held = new Set(log);
      for (const change of expected) if (!held.has(change)) table.clearPosition(change);
    }
  }

  /** Whoever is a member is one for the relay too, before it asks anything: its cursor holds back what is removed. */
  #joinMembers(ledger: number): void {
    let joined = this.#joined.get(ledger);
    if (joined === undefined) this.#joined.set(ledger, (joined = new Set()));
    for (const { id } of this.#options.membersOf(ledger)) {
      if (joined.has(id)) continue;
      joined.add(id);
      joinMember(this.#options, ledger, id);
    }
  }

  #push(request: PushRequest): ReadAnswer<ReadPush> {
    const { bodies } = this.#options;
    const cursorOf = (ledger: number, position: number): string => this.#cursorText(ledger, request.device, position);
    const body = bodies.push(request, this.#options.nowMs(), cursorOf);
    return readPush(this.#request(this.#opening(request), '/sync/push', body), this.#options);
  }

  #pull(request: PullRequest): ReadAnswer<ReadPage> {
    const { bodies, dialect } = this.#options;
    const { ledger, device, since } = request;
    const cursor = dialect === '1.0' || since === 0 ? undefined : this.#cursorText(ledger, device, since);
    const body = bodies.pull(request, cursor);
    return readPage(this.#request(this.#opening(request), '/sync/pull', body), this.#options);
  }

  /**
   * What a relay calls a position. What a device has from before the run, it was never handed out: then the log is read
   * up to there.
   */
  #cursorText(ledger: number, device: number, position: number): string {
    const { wire, table } = this.#options;
    const known = this.#cursors.textOf(ledger, position);
    if (known !== undefined || wire.target.kind !== 'http') return known ?? cursorText(position);
    const options = { ...this.#options, request: (path: string, body: string) => this.#request(ledger, path, body) };
    walkLog(ledger, device, this.#options.reference.end(ledger), options, ({ response }) => {
      for (const [i, change] of (response?.changes ?? []).entries()) {
        const at = table.positionOf(change);
        if (at > 0) this.#cursors.learn(ledger, at, String(response!.cursors[i]));
      }
    });
    return this.#cursors.textOf(ledger, position) ?? cursorText(position);
  }

  /** The ledger whose token a device has: of one that it is no member of it has none. */
  #opening({ ledger, device }: RelayRequest): number {
    return this.#options.isMember(ledger, device) ? ledger : ledger + 1;
  }

  #request(tokenLedger: number, path: string, body: string) {
    const { wire, tokenOf, pageSize } = this.#options;
    return wire.request({ method: 'POST', path, token: tokenOf(tokenLedger), body, pageSize });
  }

  /** An answer as the model gives it, with positions for cursors. */
  #numbered(
    request: RelayRequest,
    { response }: ReadAnswer<ReadPush | ReadPage>,
    expected: RelayResponse,
  ): RelayResponse {
    if (response.kind === 'refusal') return response;
    if (response.kind === 'pushed') {
      // The wire does not say which of the accepted ones were stored before.
      return { ...response, stored: expected.kind === 'pushed' ? expected.stored : response.accepted.length };
    }
    assert(request.kind === 'pull', 'only a pull is answered with a page');
    return this.#options.dialect === '1.0' ? timedPage(request, response) : this.#placedPage(request, response);
  }

  #placedPage({ ledger, since }: PullRequest, read: ReadPage): Page {
    const { table } = this.#options;
    const [first] = read.changes;
    const begins = first !== undefined && table.isSnapshot(first) && table.seenBy(first) > since;
    const changes = begins ? read.changes.slice(1) : read.changes;
    const covered = begins ? table.seenBy(first) : since;
    for (let i = 0; i < read.changes.length; i++) {
      const change = read.changes[i]!;
      const position = begins && i === 0 ? covered : table.positionOf(change);
      if (position > 0) this.#cursors.learn(ledger, position, String(read.cursors[i]));
    }
    const last = changes.at(-1);
    const reached = last === undefined ? covered : table.positionOf(last);
    const text = read.cursor;
    let cursor = text === undefined ? -1 : this.#cursors.positionOf(ledger, text);
    if (cursor < 0) cursor = reached;
    if (text !== undefined && cursor > 0) this.#cursors.learn(ledger, cursor, text);
    const { hasMore } = read;
    return { kind: 'page', ...(begins && { snapshot: first }), changes: Int32Array.from(changes), cursor, hasMore };
  }
}

/** In 1.0 the cursor is the timestamp of the last change. */
function timedPage({ since }: PullRequest, { changes, cursors, hasMore }: ReadPage): Page {
  const cursor = Number(cursors.at(-1) ?? since);
  return { kind: 'page', changes: Int32Array.from(changes), cursor, hasMore };
}
