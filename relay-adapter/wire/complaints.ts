// Wrong answers as they are noted: of each kind about a ledger the first one, and how many there were. However many there
// are, they take no more room. It must not know what an answer says.

import type { Complaint, ComplaintKind } from '../../models/oracles/protocol.ts';

export class ComplaintBook {
  /** In the order in which the first ones came. */
  readonly list: Complaint[] = [];
  readonly #noted = new Map<string, Complaint>();

  /** Notes one more. @param tell says it in words; called where it is the first of its kind about the ledger */
  note(kind: ComplaintKind, ledger: number, tell: () => Omit<Complaint, 'kind' | 'ledger' | 'times'>): void {
    const key = `${ledger} ${kind}`;
    const noted = this.#noted.get(key);
    if (noted !== undefined) {
      noted.times++;
      return;
    }
    const first: Complaint = { kind, ledger, ...tell(), times: 1 };
    this.#noted.set(key, first);
    this.list.push(first);
  }
}
