// Devices that push and pull a ledger over HTTP until they are told no more, and tell its witness what they hear. They must
// not know which relay answers, nor that somebody kills it.

import { actorId, changeId, deviceId } from '../../../models/identity.ts';
import { cursorText } from '../../../relay-adapter/cursor.ts';
import type { Change11 } from '../../../relay-adapter/protocol.ts';
import { encodePullRequest, encodePushRequest } from '../../../relay-adapter/protocol-codec.ts';
import type { WireAnswer } from '../../../relay-adapter/wire/wire.ts';
import type { Stream } from '../../../sim/random.ts';
import type { LedgerWitness, PulledPage } from './ledger-witness.ts';

/** Sends a body to a relay of whoever tests. */
export type Ask = (path: '/sync/push' | '/sync/pull', ledger: string, body: string) => Promise<WireAnswer>;

export interface Device {
  readonly witness: LedgerWitness;
  /** Number of the device, of which it is the first and only life. */
  readonly device: number;
  readonly ask: Ask;
}

const EPOCH_MS = 1_767_225_600_000;
/** How often a push goes out twice at once. */
const TWICE = 0.15;

/** What came of a request that a client cannot go on from; undefined where the relay was gone. */
function trouble({ status, body, error }: WireAnswer): string | undefined {
  if (status !== 0) return `answered ${status} ${body.slice(0, 200)}`;
  return error === 'timeout' ? 'not answered in time' : undefined;
}

/** Pushes one batch after the other; the next one when the relay has said that it has the last one. */
export class Writer {
  readonly #device: Device;
  readonly #stream: Stream;
  readonly #batchMax: number;
  #sequence = 0;
  #pending: readonly Change11[] = [];

  /** @param batchMax changes of a push, drawn from 1 to so many */
  constructor(device: Device, stream: Stream, batchMax: number) {
    this.#device = device;
    this.#stream = stream;
    this.#batchMax = batchMax;
  }

  /** What was sent and not acknowledged. */
  get pending(): readonly Change11[] {
    return this.#pending;
  }

  /** Pushes what is pending, or else what is new. False where no relay has answered. */
  async push(): Promise<boolean> {
    const { witness, device, ask } = this.#device;
    if (this.#pending.length === 0) {
      this.#pending = this.#newChanges();
      witness.send(this.#pending);
    }
    const body = encodePushRequest({
      protocol_version: '1.1.0',
      ledger_id: witness.ledger,
      device_id: deviceId(device),
      timestamp: EPOCH_MS,
      changes: [...this.#pending],
    });
    const times = this.#stream.chance(TWICE) ? 2 : 1;
    const answers = await Promise.all(Array.from({ length: times }, () => ask('/sync/push', witness.ledger, body)));
    const good = answers.filter(({ status }) => status === 200);
    for (const answer of answers) {
      const problem = answer.status === 200 ? undefined : trouble(answer);
      if (problem !== undefined) witness.complain(`a push was ${problem}`);
    }
    for (const { body: text } of good) this.#heard(text);
    return good.length > 0;
  }

  #heard(text: string): void {
    const { witness } = this.#device;
    const { accepted, rejected } = JSON.parse(text) as { accepted: string[]; rejected: unknown[] };
    const ids = this.#pending.map(({ id }) => id);
    witness.acknowledge(accepted);
    if (rejected.length > 0) witness.complain(`a push was refused: ${JSON.stringify(rejected).slice(0, 200)}`);
    // The second answer to a push that went out twice has nothing pending any more.
    else if (ids.length > 0 && ids.join() !== accepted.join())
      witness.complain(`accepted ${accepted.join()}, not ${ids.join()}`);
    this.#pending = [];
  }

  #newChanges(): Change11[] {
    const { device } = this.#device;
    return Array.from({ length: this.#stream.integer(1, this.#batchMax) }, () => {
      const sequence = ++this.#sequence;
      const bytes = Buffer.alloc(this.#stream.integer(1, 200), sequence);
      return {
        id: changeId(device, 0, sequence),
        entity_type: 'transaction',
        entity_id: `entity-${device}-${sequence}`,
        operation: 'CREATE',
        encrypted_payload: bytes.toString('base64'),
        timestamp: EPOCH_MS + sequence,
        actor: actorId(device, 0),
        sequence,
      } satisfies Change11;
    });
  }
}

/** Pulls pages from where it stands. */
export class Reader {
  readonly #device: Device;
  readonly #name: string;
  #cursor = 0;
  #verified = 0;

  constructor(device: Device, name: string) {
    this.#device = device;
    this.#name = name;
  }

  /** The position up to which it has everything. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Pulls until there is no more. False where no relay has answered, or not as it should. */
  async catchUp(): Promise<boolean> {
    const { witness } = this.#device;
    const acknowledged = witness.acknowledgedCount;
    for (;;) {
      const page = await this.#pull();
      if (page === undefined) return false;
      const before = this.#cursor;
      this.#cursor = witness.page(this.#name, before, page);
      if (!page.has_more) break;
      if (this.#cursor <= before) return false;
    }
    witness.caughtUp(this.#name, this.#cursor, acknowledged, this.#verified);
    this.#verified = acknowledged;
    return true;
  }

  async #pull(): Promise<PulledPage | undefined> {
    const { witness, device, ask } = this.#device;
    const body = encodePullRequest({
      protocol_version: '1.1.0',
      ledger_id: witness.ledger,
      device_id: deviceId(device),
      ...(this.#cursor > 0 && { cursor: cursorText(this.#cursor) }),
    });
    const answer = await ask('/sync/pull', witness.ledger, body);
    if (answer.status === 200) return JSON.parse(answer.body) as PulledPage;
    const problem = trouble(answer);
    if (problem !== undefined) witness.complain(`lost: a pull of ${this.#name} after ${this.#cursor} was ${problem}`);
    return undefined;
  }
}
