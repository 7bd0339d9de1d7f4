// Wrong answers as they are noted: of each kind about a ledger the first one, and how many there were. However many there
// are, they take no more room. It must not know what an answer says.

import type { Complaint, ComplaintKind } from '../../models/oracles/protocol.ts';
import type { RelayRequest } from '../../models/relay/messages.ts';
import type { Audited } from './audit.ts';
import { describeRequest } from './differences.ts';
import type { Speaking } from './speaking.ts';

export class ComplaintBook {
  /** In the order in which the first ones came. */
  readonly list: Complaint[] = [];
  readonly #speaking: Pick<Speaking, 'table' | 'nowUs'>;
  readonly #noted = new Map<string, Complaint>();

  constructor(speaking: Pick<Speaking, 'table' | 'nowUs'>) {
    this.#speaking = speaking;
  }

  /** An answer to a request was wrong. @param words asked for where it is the first of its kind about the ledger */
  about(request: RelayRequest, kind: ComplaintKind, words: () => readonly [expected: string, got: string]): void {
    const { ledger, device } = request;
    this.#note(kind, ledger, () => {
      const [expected, got] = words();
      return { device, request: describeRequest(request, this.#speaking.table), expected, got };
    });
  }

  /** The log of a ledger was wrong when it was read back. */
  ofLog(ledger: number, { kind, ...words }: NonNullable<Audited['wrong']>): void {
    this.#note(kind, ledger, () => ({ ...words, device: -1 }));
  }

  #note(kind: ComplaintKind, ledger: number, tell: () => Omit<Complaint, 'kind' | 'ledger' | 'atUs' | 'times'>): void {
    const key = `${ledger} ${kind}`;
    const noted = this.#noted.get(key);
    if (noted !== undefined) {
      noted.times++;
      return;
    }
    const first: Complaint = { kind, ledger, atUs: this.#speaking.nowUs(), ...tell(), times: 1 };
    this.#noted.set(key, first);
    this.list.push(first);
  }
}
