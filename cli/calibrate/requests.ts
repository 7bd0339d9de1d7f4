// The requests of a calibration: pushes of new changes, and pulls that are answered with so many rows, of ledgers that no
// run has. It must not know when they are sent.
import { actorId, changeId, deviceId, ledgerId } from '../../models/identity.ts';
import { encodePullRequest, encodePushRequest } from '../../relay-adapter/protocol-codec.ts';
import type { Change11 } from '../../relay-adapter/protocol.ts';
import { signToken } from '../../relay-adapter/server/tokens.ts';
import { headersOf } from '../../relay-adapter/wire/sending.ts';
import type { StepPart } from '../../scenarios/capacity/steps.ts';

/** One request, ready to be sent. */
export interface Prepared {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const EPOCH_MS = 1_767_225_600_000;
/** Devices that push share ledgers as members of a household do. */
const DEVICES_OF_LEDGER = 5;
export const PUSH_DEVICES = 50;
/** Ledgers that are pulled from have numbers from here on, and a device of their own that filled them. */
const PULLED_FROM = 1000;
const FILLER = 9999;
const PULLED_LEDGERS = 10;
/** Changes of each ledger that is pulled from. */
const PULLED_CHANGES = 2000;
const FILL_BATCH = 500;
/** Of a sealed record of some fields. */
const PAYLOAD_BYTES = 256;

export class CalibrationRequests {
  readonly #secret: string | undefined;
  readonly #namespace: number;
  readonly #payload = Buffer.alloc(PAYLOAD_BYTES, 'payload ').toString('base64');
  readonly #sequences = new Map<number, number>();
  readonly #tokens = new Map<number, string>();
  /** Cursors that the relay gave at the end of each part of a page, by ledger; index 0 is the beginning. */
  readonly #cursors = new Map<number, readonly (string | undefined)[]>();
  /** Where each pulling device stands, as a count of changes. */
  readonly #positions = new Map<number, number>();
  #turn = 0;

  /** @param secret undefined for a relay that asks for no tokens */
  constructor(secret: string | undefined, namespace: number) {
    this.#secret = secret;
    this.#namespace = namespace;
  }

  /** The next request of a part: connections, devices and ledgers take turns. */
  next({ op, size }: StepPart): Prepared {
    const device = this.#turn++ % PUSH_DEVICES;
    return op === 'push' ? this.push(Math.floor(device / DEVICES_OF_LEDGER), device, size) : this.#pull(device, size);
  }

  push(ledger: number, device: number, size: number): Prepared {
    const body = encodePushRequest({
      protocol_version: '1.1.0',
      ledger_id: ledgerId(ledger, this.#namespace),
      device_id: deviceId(device, this.#namespace),
      timestamp: EPOCH_MS,
      changes: Array.from({ length: size }, () => this.#newChange(device)),
    });
    return { path: '/sync/push', body, headers: this.#headers(ledger) };
  }

  /** What fills the ledgers that are pulled from. */
  *fill(): Iterable<Prepared> {
    for (let ledger = 0; ledger < PULLED_LEDGERS; ledger++) {
      for (let pushed = 0; pushed < PULLED_CHANGES; pushed += FILL_BATCH) {
        yield this.push(PULLED_FROM + ledger, FILLER, FILL_BATCH);
      }
    }
  }

  /** Reads a ledger that was filled, page by page, and keeps its cursors. @param ask gives the answer's text */
  async learn(ask: (request: Prepared) => Promise<string>): Promise<void> {
    for (let ledger = PULLED_FROM; ledger < PULLED_FROM + PULLED_LEDGERS; ledger++) {
      const cursors: (string | undefined)[] = [undefined];
      while (cursors.length <= PULLED_CHANGES) {
        const request = this.#pullOf(ledger, FILLER, cursors.at(-1), undefined);
        const { changes, cursor } = JSON.parse(await ask(request)) as {
          changes: readonly { readonly cursor?: string }[];
          cursor: string;
        };
        if (changes.length === 0) throw new Error('a ledger that was filled ended before its end');
        for (const change of changes) cursors.push(change.cursor);
        cursors[cursors.length - 1] = cursor;
      }
      this.#cursors.set(ledger, cursors);
    }
  }

  /** A device that got rows asks from after them the next time, as devices do, and begins anew at the end. */
  #pull(device: number, size: number): Prepared {
    const ledger = PULLED_FROM + (device % PULLED_LEDGERS);
    const cursors = this.#cursors.get(ledger)!;
    if (size === 0) return this.#pullOf(ledger, device, cursors[PULLED_CHANGES], undefined);
    // Devices of their own, so that those who get nothing stay where they are.
    const reader = PUSH_DEVICES + device;
    const stands = this.#positions.get(reader) ?? 0;
    const from = stands + size > PULLED_CHANGES ? 0 : stands;
    this.#positions.set(reader, from + size);
    return this.#pullOf(ledger, reader, cursors[from], size);
  }

  #pullOf(ledger: number, device: number, cursor: string | undefined, pageSize: number | undefined): Prepared {
    const body = encodePullRequest({
      protocol_version: '1.1.0',
      ledger_id: ledgerId(ledger, this.#namespace),
      device_id: deviceId(device, this.#namespace),
      ...(cursor !== undefined && { cursor }),
    });
    return { path: '/sync/pull', body, headers: this.#headers(ledger, pageSize) };
  }

  #headers(ledger: number, pageSize?: number): Record<string, string> {
    let token = this.#tokens.get(ledger);
    if (token === undefined && this.#secret !== undefined) {
      token = signToken(this.#secret, ledgerId(ledger, this.#namespace), undefined, 'operator');
      this.#tokens.set(ledger, token);
    }
    return headersOf({ token, body: '', pageSize });
  }

  #newChange(device: number): Change11 {
    const sequence = (this.#sequences.get(device) ?? 0) + 1;
    this.#sequences.set(device, sequence);
    return {
      id: changeId(device, 0, sequence, this.#namespace),
      entity_type: 'transaction',
      entity_id: `entity-${sequence}`,
      operation: 'UPDATE',
      encrypted_payload: this.#payload,
      timestamp: EPOCH_MS + sequence,
      actor: actorId(device, 0),
      sequence,
    };
  }
}
