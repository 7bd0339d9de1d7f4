// A real relay behind the port under the wall clock. Requests are under way at once, so nobody knows in what order they
// were accepted until it is pulled: the log is learned from pages, as devices take them, and read whole in the end. What
// a run begins with goes over a wire that is waited for. It must not know when requests are sent.

import type { Complaint } from '../../models/oracles/protocol.ts';
import { MemoryLog } from '../../models/relay/log.ts';
import type { Page, PullRequest, PushRequest, RelayRequest, RelayResponse } from '../../models/relay/messages.ts';
import { cursorText } from '../cursor.ts';
import type { RelayPort } from '../port.ts';
import { type ReadAnswer, type ReadPage, readPage, type ReadPush, readPush } from '../wire/answers.ts';
import { auditedLog } from '../wire/audit.ts';
import { Cursors } from '../wire/cursors.ts';
import { ComplaintBook } from '../wire/complaints.ts';
import { describeResponse } from '../wire/differences.ts';
import { Patience } from '../wire/patience.ts';
import { headersOf } from '../wire/sending.ts';
import { isBeginning, joinMember, type Speaking } from '../wire/speaking.ts';
import type { WireAnswer } from '../wire/wire.ts';

export interface LivePortOptions extends Speaking {
  /** Lets another run have the wire. */
  readonly giveBack: () => void;
}

/** A request as it goes over HTTP. */
export interface Encoded {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const NOTHING = new Int32Array(0);

export class LivePort implements RelayPort {
  readonly side: string;
  readonly #complaints: ComplaintBook;
  readonly #options: LivePortOptions;
  readonly #learned: MemoryLog;
  readonly #cursors = new Cursors();
  /** By ledger: what was acknowledged, with the id of the device that was told. */
  readonly #acknowledged = new Map<number, Map<number, number>>();
  readonly #audited = new Map<number, Int32Array>();
  /** What the run begins with although the relay has not said that it has it. */
  readonly #untaken = new Set<number>();

  constructor(options: LivePortOptions) {
    this.#options = options;
    this.#complaints = new ComplaintBook(options);
    this.side = options.wire.target.kind;
    this.#learned = new MemoryLog(options.table);
  }

  ledgerId(ledger: number): string {
    return this.#options.bodies.ledgerId(ledger);
  }

  deviceId(device: number): string {
    return this.#options.bodies.deviceId(device);
  }

  tokenOf(ledger: number): string | undefined {
    return this.#options.tokenOf(ledger);
  }

  get complaints(): readonly Complaint[] {
    return this.#complaints.list;
  }

  /**
   * Sends a push and waits: before the run, when nothing else is under way. Without what a run begins with there is no
   * run: it counts as accepted, and where the relay has not accepted it that is noted.
   */
  handle(request: RelayRequest): RelayResponse {
    const { path, body } = this.encoded(request);
    const { ledger } = request;
    const answer = this.#options.wire.request({ method: 'POST', path, token: this.tokenOf(ledger), body });
    if (request.kind === 'pull' || !isBeginning(request)) return this.read(request, answer);
    const read = readPush(answer, this.#options);
    const { changes } = request;
    const response = this.#pushed(request, read);
    const accepted = new Set(response.kind === 'pushed' ? response.accepted : []);
    const untaken = changes.filter((change) => !accepted.has(change));
    // One after another they are accepted in their order.
    for (const change of changes) this.#learn(ledger, change);
    if (untaken.length > 0) {
      const { table } = this.#options;
      for (const change of untaken) this.#untaken.add(change);
      const whole: RelayResponse = { kind: 'pushed', accepted: changes, rejected: [], stored: changes.length };
      const got = read.wrong?.got ?? describeResponse(response, table);
      this.#complaints.about(request, read.wrong?.kind ?? 'differs', () => [describeResponse(whole, table), got]);
    }
    return { kind: 'pushed', accepted: changes, rejected: [], stored: accepted.size };
  }

  rowsFor(): number {
    return 0;
  }

  log(ledger: number): Int32Array {
    return this.#audited.get(ledger) ?? this.#learned.whole(ledger);
  }

  timestampMs(change: number): number {
    return this.#options.table.timestampMs(change);
  }

  /** As many as were acknowledged: each is stored once. */
  end(ledger: number): number {
    return this.#acknowledged.get(ledger)?.size ?? 0;
  }

  retained(): { snapshot: undefined; from: number } {
    return { snapshot: undefined, from: 0 };
  }

  /** What devices were told of a ledger's changes: by change, the device's id. */
  acknowledged(ledger: number): ReadonlyMap<number, number> {
    return this.#acknowledged.get(ledger) ?? new Map<number, number>();
  }

  /** Makes a member known to the relay before it asks anything. */
  join(ledger: number, device: number): void {
    joinMember(this.#options, ledger, device);
  }

  dispose(): void {
    this.#options.giveBack();
  }

  encoded(request: RelayRequest): Encoded {
    const { bodies, dialect, nowMs } = this.#options;
    const { ledger } = request;
    const cursorOf = (of: number, position: number): string =>
      this.#cursors.textOf(of, position) ?? cursorText(position);
    const isPush = request.kind === 'push';
    const body = isPush
      ? bodies.push(request, nowMs(), cursorOf)
      : bodies.pull(request, dialect === '1.0' || request.since === 0 ? undefined : cursorOf(ledger, request.since));
    return {
      path: isPush ? '/sync/push' : '/sync/pull',
      body,
      headers: headersOf({ token: this.tokenOf(ledger), body }),
    };
  }

  /** Reads an answer into changes and positions by number. */
  read(request: RelayRequest, answer: WireAnswer): RelayResponse {
    if (request.kind === 'push') {
      const read = readPush(answer, this.#options);
      this.#complainOf(request, read, 'each change accepted or rejected');
      return this.#pushed(request, read);
    }
    const read = readPage(answer, this.#options);
    this.#complainOf(request, read, 'a page of the log');
    if (read.response.kind === 'refusal') return read.response;
    const page = this.#ownPage(request, read.response);
    return this.#options.dialect === '1.0' ? this.#timedPage(request, page) : this.#placedPage(request, page);
  }

  audit(): void {
    const { wire } = this.#options;
    const patience = new Patience(this.#options.sleep);
    const isTaken = (change: number): boolean => !this.#untaken.has(change);
    for (const ledger of [...this.#acknowledged.keys()].sort((one, other) => one - other)) {
      const learned = this.#learned.whole(ledger).filter(isTaken);
      const known = new Set(learned);
      const rest = [...this.acknowledged(ledger).keys()].filter((change) => !known.has(change));
      const expected = Int32Array.from([...learned, ...rest]);
      const token = this.tokenOf(ledger);
      const { log, wrong } = auditedLog(ledger, expected, {
        ...this.#options,
        patience,
        request: (path, body) => wire.request({ method: 'POST', path, token, body }),
      });
      // What it has never said that it has, it may have.
      const sure = log.filter(isTaken);
      const isAsLearned = learned.every((change, at) => sure[at] === change);
      const held = new Set(sure);
      const isWhole = sure.length === expected.length && expected.every((change) => held.has(change));
      // Only of the order of what nobody has pulled is nothing known.
      if (wrong !== undefined && !(wrong.kind === 'other-log' && isAsLearned && isWhole)) {
        this.#complaints.ofLog(ledger, wrong);
      }
      for (const change of log) this.#learn(ledger, change);
      this.#audited.set(ledger, log);
    }
  }

  /** What came of a push, for what was pushed: nobody else's change is acknowledged by it. */
  #pushed(request: PushRequest, { response }: ReadAnswer<ReadPush>): RelayResponse {
    if (response.kind === 'refusal') return response;
    const pushed = new Set(request.changes);
    const accepted = response.accepted.filter((change) => pushed.has(change));
    const rejected = response.rejected.filter(({ change }) => pushed.has(change));
    if (accepted.length < response.accepted.length || rejected.length < response.rejected.length) {
      const got = (): string => describeResponse({ ...response, stored: 0 }, this.#options.table);
      this.#complaints.about(request, 'differs', () => ['an answer about what was pushed', got()]);
    }
    this.#acknowledge(request.ledger, request.device, accepted);
    return { kind: 'pushed', accepted, rejected, stored: accepted.length };
  }

  #acknowledge(ledger: number, device: number, changes: readonly number[]): void {
    let acknowledged = this.#acknowledged.get(ledger);
    if (acknowledged === undefined) this.#acknowledged.set(ledger, (acknowledged = new Map()));
    for (const change of changes) acknowledged.set(change, device);
    // In 1.0 positions are nobody's cursor, and any order will do.
    if (this.#options.dialect === '1.0') for (const change of changes) this.#learn(ledger, change);
  }

  #learn(ledger: number, change: number): void {
    if (this.#options.table.positionOf(change) === 0) this.#learned.append(ledger, change);
  }

  /** A page without what cannot stand on it: a change twice, or one of another ledger. */
  #ownPage(request: PullRequest, page: ReadPage): ReadPage {
    const { table, bodies } = this.#options;
    const own: number[] = [];
    const seen = new Set<number>();
    for (const [at, change] of page.changes.entries()) {
      if (!seen.has(change) && table.ledgerOf(change) === request.ledger) own.push(at);
      seen.add(change);
    }
    if (own.length === page.changes.length) return page;
    this.#complaints.about(request, 'differs', () => {
      const change = page.changes.find((_, at) => own[at] !== at)!;
      const isOwn = table.ledgerOf(change) === request.ledger;
      return ['each change of the ledger once', `${bodies.changeId(change)} ${isOwn ? 'twice' : 'of another ledger'}`];
    });
    return { ...page, changes: own.map((at) => page.changes[at]!), cursors: own.map((at) => page.cursors[at]!) };
  }

  #placedPage(request: PullRequest, { changes, cursors, cursor: text, hasMore }: ReadPage): Page {
    const { ledger, since } = request;
    const { table, bodies } = this.#options;
    const log = this.#learned;
    const end = log.end(ledger);
    const known = since < end ? log.read(ledger, since, Math.min(end, since + changes.length)) : NOTHING;
    let parted = since > end ? 0 : changes.findIndex((change, i) => i < known.length && known[i] !== change);
    if (parted < 0) {
      // What is new is what nobody has pulled yet: a change that stands elsewhere in the log comes out of order.
      parted = changes.findIndex((change, i) => i >= known.length && table.positionOf(change) > 0);
    }
    if (parted >= 0 && changes.length > 0) {
      const got = (): string => `${bodies.changeId(changes[parted]!)} after position ${since + parted}`;
      this.#complaints.about(request, 'differs', () => [
        'the log in one order, for all members and without gaps',
        got(),
      ]);
    } else {
      for (let i = known.length; i < changes.length; i++) log.append(ledger, changes[i]!);
    }
    for (const [i, each] of cursors.entries()) this.#cursors.learn(ledger, since + i + 1, String(each));
    const cursor = since + changes.length;
    if (text !== undefined && cursor > 0) this.#cursors.learn(ledger, cursor, text);
    return { kind: 'page', changes: Int32Array.from(changes), cursor, hasMore };
  }

  #timedPage({ ledger, since }: PullRequest, { changes, cursors, hasMore }: ReadPage): Page {
    for (const change of changes) this.#learn(ledger, change);
    return { kind: 'page', changes: Int32Array.from(changes), cursor: Number(cursors.at(-1) ?? since), hasMore };
  }

  #complainOf(request: RelayRequest, { wrong }: ReadAnswer<unknown>, expected: string): void {
    // No answer in real time is a failed request, and is tried again: it says of no change that it was lost.
    if (wrong === undefined || wrong.kind === 'unanswered') return;
    this.#complaints.about(request, wrong.kind, () => [expected, wrong.got]);
  }
}
