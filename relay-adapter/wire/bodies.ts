// Bodies of the protocol for requests whose changes, devices and ledgers are numbers: payloads sealed, names hidden, ids
// made and read back. A request has one body, however often it is made. It must not know what carries it.

import type { ChangeTable } from '../../models/change-table.ts';
import { changeId, deviceId, INCARNATION_MAX, ledgerId, actorId, parseChangeId } from '../../models/identity.ts';
import type { PullRequest, PushRequest } from '../../models/relay/messages.ts';
import { assert } from '../../sim/errors.ts';
import { type Change10, type Change11, type Dialect, PROTOCOL_1_0, PROTOCOL_1_1 } from '../protocol.ts';
import { encodePullRequest, encodePushRequest } from '../protocol-codec.ts';
import { framed } from './frame.ts';
import type { SealedChange, Sealer } from './sealing.ts';

export interface WireIdentity {
  /** Stands in all ids; 0 for a relay that knows of no other run. */
  readonly namespace: number;
  readonly sealer: Sealer;
  readonly dialect: Dialect;
  /** Best one that keeps the names of entities: where it has none, each change is on an entity of its own. */
  readonly table: ChangeTable;
}

/** What a relay calls a position of a ledger's log. */
export type SeenCursor = (ledger: number, position: number) => string | undefined;

/** A change is pushed once or twice, then delivered to all members, mostly soon: the last so many payloads are kept. */
const PAYLOADS_KEPT = 1024;
/** Longer ones are sealed anew each time: they are rare, and kept ones are to stay within some megabytes. */
const KEPT_LENGTH_MAX = 4096;
/** Tells incarnations of one device apart in a number. */
const INCARNATIONS = INCARNATION_MAX + 1;

export class WireBodies {
  readonly #namespace: number;
  readonly #sealer: Sealer;
  readonly #dialect: Dialect;
  readonly #table: ChangeTable;

  /** By number modulo their count. */
  readonly #payloads = new Array<string | undefined>(PAYLOADS_KEPT).fill(undefined);
  readonly #payloadOf = new Int32Array(PAYLOADS_KEPT).fill(-1);
  /** By device and incarnation, then by sequence: the number of a change. */
  readonly #numbers = new Map<number, Map<number, number>>();
  /** Changes below this number are in `#numbers`. */
  #numbered = 0;

  constructor({ namespace, sealer, dialect, table }: WireIdentity) {
    this.#namespace = namespace;
    this.#sealer = sealer;
    this.#dialect = dialect;
    this.#table = table;
  }

  changeId(change: number): string {
    const table = this.#table;
    const [device, incarnation] = [table.deviceOf(change), table.incarnationOf(change)];
    return changeId(device, incarnation, table.sequenceOf(change), this.#namespace);
  }

  /** The change of an id; −1 where no change of this run has it. */
  numberOf(id: string): number {
    const identity = parseChangeId(id);
    if (identity === null || identity.namespace !== this.#namespace) return -1;
    this.#numberNew();
    const { device, incarnation, sequence } = identity;
    return this.#numbers.get(device * INCARNATIONS + incarnation)?.get(sequence) ?? -1;
  }

  ledgerId(ledger: number): string {
    return ledgerId(ledger, this.#namespace);
  }

  deviceId(device: number): string {
    return deviceId(device, this.#namespace);
  }

  /**
   * The body of a push.
   *
   * @param nowMs milliseconds since 1970; the time that stands in it
   * @param seenCursor must say the same whenever it is asked about a position, or a retry would differ; it is not asked
   * about position 0 but for a SNAPSHOT, for which it must know
   */
  push(request: PushRequest, nowMs: number, seenCursor: SeenCursor): string {
    assert(request.state === undefined, 'the protocol has no pushes of states');
    const head = { device_id: this.deviceId(request.device), timestamp: wholeMs(nowMs) };
    if (this.#dialect === '1.0') {
      const changes = request.changes.map((change) => this.#change10(change));
      return encodePushRequest({ protocol_version: PROTOCOL_1_0, ...head, changes });
    }
    const changes = request.changes.map((change) => this.#change11(change, seenCursor));
    const ledger_id = this.ledgerId(request.ledger);
    return encodePushRequest({ protocol_version: PROTOCOL_1_1, ledger_id, ...head, changes });
  }

  /** The body of a pull. @param cursor that the relay handed out for `since`; undefined from the beginning, and in 1.0 */
  pull(request: PullRequest, cursor: string | undefined): string {
    assert(request.version === undefined, 'the protocol has no pulls of states');
    const device_id = this.deviceId(request.device);
    if (this.#dialect === '1.0') {
      // The vector names the device alone, with nothing: what else it has, a relay of 1.0 does not ask.
      const since = { since_timestamp: wholeMs(request.since), sync_vector: { [device_id]: 0 } };
      return encodePullRequest({ protocol_version: PROTOCOL_1_0, device_id, ...since });
    }
    const whose = { ledger_id: this.ledgerId(request.ledger), device_id };
    return encodePullRequest({ protocol_version: PROTOCOL_1_1, ...whose, ...(cursor !== undefined && { cursor }) });
  }

  /** The base64 text of a change's sealed payload. */
  payloadOf(change: number): string {
    const slot = change % PAYLOADS_KEPT;
    const kept = this.#payloads[slot];
    if (kept !== undefined && this.#payloadOf[slot] === change) return kept;
    const parts: Uint8Array[] = [];
    this.#table.collectParts(change, parts);
    const sealed = this.#sealer.seal(this.#ledgerOf(change), this.#sealedChange(change), framed(parts));
    const text = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength).toString('base64');
    if (text.length <= KEPT_LENGTH_MAX) {
      this.#payloads[slot] = text;
      this.#payloadOf[slot] = change;
    }
    return text;
  }

  /** Whether a payload that came back is byte for byte the one that was sent, and so opens to what was sealed. */
  opened(change: number, payload: string): boolean {
    return payload === this.payloadOf(change);
  }

  /** The id of the ledger that a change was made for, which need not be the one that it is pushed to. */
  #ledgerOf(change: number): string {
    return this.ledgerId(this.#table.ledgerOf(change));
  }

  #sealedChange(change: number): SealedChange {
    const table = this.#table;
    return {
      device: table.deviceOf(change),
      incarnation: table.incarnationOf(change),
      sequence: table.sequenceOf(change),
      id: this.changeId(change),
    };
  }

  #written(change: number) {
    const table = this.#table;
    const id = this.changeId(change);
    return {
      id,
      entity_type: table.entityTypeOf(change),
      entity_id: this.#sealer.nameOf(this.#ledgerOf(change), table.entityOf(change) ?? id),
      encrypted_payload: this.payloadOf(change),
      timestamp: wholeMs(table.timestampMs(change)),
    };
  }

  #change10(change: number): Change10 {
    const table = this.#table;
    const operation = table.operationOf(change);
    assert(operation !== 'SNAPSHOT', '1.0 has no snapshots');
    const author = this.deviceId(table.deviceOf(change));
    const version_vector = { [author]: table.sequenceOf(change) };
    return { ...this.#written(change), operation, version_vector, device_id: author };
  }

  #change11(change: number, seenCursor: SeenCursor): Change11 {
    const table = this.#table;
    const operation = table.operationOf(change);
    const [ledger, position] = [table.ledgerOf(change), table.seenBy(change)];
    const seen = position === 0 ? undefined : seenCursor(ledger, position);
    const written = {
      ...this.#written(change),
      actor: actorId(table.deviceOf(change), table.incarnationOf(change)),
      sequence: table.sequenceOf(change),
      ...(seen !== undefined && { seen_cursor: seen }),
    };
    if (operation !== 'SNAPSHOT') return { ...written, operation };
    const covers = seen ?? seenCursor(ledger, position);
    assert(covers !== undefined, 'a snapshot covers what its author was given a cursor of');
    return { ...written, operation, covers };
  }

  /** Takes in what the table has got since it was last asked. */
  #numberNew(): void {
    const table = this.#table;
    for (; this.#numbered < table.count; this.#numbered++) {
      const change = this.#numbered;
      const actor = table.deviceOf(change) * INCARNATIONS + table.incarnationOf(change);
      let numbers = this.#numbers.get(actor);
      if (numbers === undefined) this.#numbers.set(actor, (numbers = new Map()));
      numbers.set(table.sequenceOf(change), change);
    }
  }
}

/** A time as it stands on the wire: whole, and not before 1970. */
function wholeMs(timeMs: number): number {
  return Math.max(0, Math.floor(timeMs));
}
