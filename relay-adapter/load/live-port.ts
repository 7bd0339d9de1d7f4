// A real relay behind the port under the wall clock. Requests are under way at once, so nobody knows in what order they
// were accepted until it is pulled: the log is learned from pages, as devices take them, and read whole in the end. What
// a run begins with goes over a wire that is waited for. It must not know when requests are sent.

import type { ChangeTable } from '../../models/change-table.ts';
import type { Complaint } from '../../models/oracles/protocol.ts';
import { MemoryLog } from '../../models/relay/log.ts';
import type { Page, PullRequest, RelayRequest, RelayResponse } from '../../models/relay/messages.ts';
import type { MembersOf } from '../../models/relay/retention.ts';
import { cursorText } from '../cursor.ts';
import type { RelayPort } from '../port.ts';
import type { Dialect } from '../protocol.ts';
import { type ReadPage, readPage, readPush } from '../wire/answers.ts';
import { auditedLog } from '../wire/audit.ts';
import type { WireBodies } from '../wire/bodies.ts';
import { Cursors } from '../wire/cursors.ts';
import { describeRequest } from '../wire/differences.ts';
import { headersOf } from '../wire/sending.ts';
import type { Wire, WireAnswer } from '../wire/wire.ts';

export interface LivePortOptions {
  readonly dialect: Dialect;
  readonly table: ChangeTable;
  readonly bodies: WireBodies;
  readonly wire: Wire;
  readonly tokenOf: (ledger: number) => string | undefined;
  readonly membersOf: MembersOf;
  readonly nowUs: () => number;
  /** Milliseconds since 1970, for the times in bodies. */
  readonly nowMs: () => number;
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
  readonly complaints: Complaint[] = [];
  /** Lets go of the relay. */
  dispose?: () => void;
  readonly #options: LivePortOptions;
  readonly #learned: MemoryLog;
  readonly #cursors = new Cursors();
  /** By ledger: what was acknowledged, with the id of the device that was told. */
  readonly #acknowledged = new Map<number, Map<number, number>>();
  readonly #audited = new Map<number, Int32Array>();

  constructor(options: LivePortOptions) {
    this.#options = options;
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

  /** Sends a push and waits: before the run, when nothing else is under way. */
  handle(request: RelayRequest): RelayResponse {
    const { path, body } = this.encoded(request);
    const token = this.tokenOf(request.ledger);
    const response = this.read(request, this.#options.wire.request({ method: 'POST', path, token, body }));
    // One after another they are accepted in their order.
    if (response.kind === 'pushed') for (const change of response.accepted) this.#learn(request.ledger, change);
    return response;
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
    if (this.#options.dialect === '1.0') return;
    const path = `/ledgers/${this.ledgerId(ledger)}/members/${this.deviceId(device)}`;
    this.#options.wire.request({ method: 'PUT', path, token: this.tokenOf(ledger) });
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
    return { path: isPush ? '/sync/push' : '/sync/pull', body, headers: headersOf(this.tokenOf(ledger), body) };
  }

  /** Reads an answer into changes and positions by number. */
  read(request: RelayRequest, answer: WireAnswer): RelayResponse {
    const { dialect, bodies } = this.#options;
    if (request.kind === 'push') {
      const { response, wrong } = readPush(answer, dialect, bodies);
      if (wrong !== undefined) this.#complain(request, wrong.kind, 'each change accepted or rejected', wrong.got);
      if (response.kind === 'refusal') return response;
      this.#acknowledge(request.ledger, request.device, response.accepted);
      return { ...response, stored: response.accepted.length };
    }
    const { response, wrong } = readPage(answer, dialect, bodies);
    if (wrong !== undefined) this.#complain(request, wrong.kind, 'a page of the log', wrong.got);
    if (response.kind === 'refusal') return response;
    return dialect === '1.0' ? this.#timedPage(request, response) : this.#placedPage(request, response);
  }

  audit(): void {
    const { wire } = this.#options;
    for (const ledger of [...this.#acknowledged.keys()].sort((one, other) => one - other)) {
      const learned = this.#learned.whole(ledger);
      const known = new Set(learned);
      const rest = [...this.acknowledged(ledger).keys()].filter((change) => !known.has(change));
      const expected = Int32Array.from([...learned, ...rest]);
      const token = this.tokenOf(ledger);
      const { log, wrong } = auditedLog(ledger, expected, {
        ...this.#options,
        request: (path, body) => wire.request({ method: 'POST', path, token, body }),
      });
      const isAsLearned = learned.every((change, at) => log[at] === change);
      const held = new Set(log);
      const isWhole = log.length === expected.length && expected.every((change) => held.has(change));
      // Only of the order of what nobody has pulled is nothing known.
      if (wrong !== undefined && !(wrong.kind === 'other-log' && isAsLearned && isWhole)) {
        this.complaints.push({ ...wrong, ledger, device: -1, atUs: this.#options.nowUs() });
      }
      for (const change of log) this.#learn(ledger, change);
      this.#audited.set(ledger, log);
    }
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

  #placedPage(request: PullRequest, { changes, cursors, cursor: text, hasMore }: ReadPage): Page {
    const { ledger, since } = request;
    const log = this.#learned;
    const end = log.end(ledger);
    const known = since < end ? log.read(ledger, since, Math.min(end, since + changes.length)) : NOTHING;
    let parted = since > end ? 0 : changes.findIndex((change, i) => i < known.length && known[i] !== change);
    if (parted < 0) {
      // What is new is what nobody has pulled yet: a change that stands elsewhere in the log comes out of order.
      parted = changes.findIndex((change, i) => i >= known.length && this.#options.table.positionOf(change) > 0);
    }
    if (parted >= 0 && changes.length > 0) {
      const got = `${this.#options.bodies.changeId(changes[parted]!)} after position ${since + parted}`;
      this.#complain(request, 'differs', 'the log in one order, for all members and without gaps', got);
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

  #complain(request: RelayRequest, kind: Complaint['kind'], expected: string, got: string): void {
    // No answer in real time is a failed request, and is tried again: it says of no change that it was lost.
    if (kind === 'unanswered') return;
    const { ledger, device } = request;
    const asked = describeRequest(request, this.#options.table);
    this.complaints.push({ kind, ledger, device, atUs: this.#options.nowUs(), request: asked, expected, got });
  }
}
