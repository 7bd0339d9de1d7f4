// What the clients of one ledger were told, and what of it does not fit together: a change that was acknowledged and is not
// delivered, one that is delivered twice, a gap, an order that changed. It must not know stores, processes nor HTTP.

import { CURSOR_LENGTH, cursorPosition } from '../../../relay-adapter/cursor.ts';
import type { Change11 } from '../../../relay-adapter/protocol.ts';
import { encodeChange } from '../../../relay-adapter/protocol-codec.ts';

/** A page as it came, unchecked. */
export interface PulledPage {
  readonly changes: readonly (Change11 & { readonly cursor: string })[];
  readonly cursor: string;
  readonly has_more: boolean;
}

/** More than these say nothing new. */
const COMPLAINTS_MAX = 30;

interface Sent {
  readonly text: string;
  /** How many changes of the ledger had been acknowledged before it was sent first. */
  readonly acknowledgedBefore: number;
}

export class LedgerWitness {
  readonly ledger: string;
  readonly complaints: string[] = [];
  readonly #sent = new Map<string, Sent>();
  /** In the order in which it was heard of them. */
  readonly #acknowledged: string[] = [];
  readonly #isAcknowledged = new Set<string>();
  /** Ids in the order of the log, as far as somebody has pulled it. */
  readonly #log: string[] = [];
  readonly #positions = new Map<string, number>();
  /** By actor: the sequence of its last change in the log. */
  readonly #sequences = new Map<string, number>();

  constructor(ledger: string) {
    this.ledger = ledger;
  }

  get acknowledgedCount(): number {
    return this.#acknowledged.length;
  }

  /** Ids in the order of the log, as far as somebody has pulled it. */
  get log(): readonly string[] {
    return this.#log;
  }

  isInLog(id: string): boolean {
    return this.#positions.has(id);
  }

  /** Changes go out for the first time. */
  send(changes: readonly Change11[]): void {
    for (const change of changes) {
      this.#sent.set(change.id, { text: encodeChange(change), acknowledgedBefore: this.#acknowledged.length });
    }
  }

  /** The relay has said that it has these. */
  acknowledge(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#isAcknowledged.has(id)) continue;
      if (!this.#sent.has(id)) this.complain(`acknowledged ${id}, which nobody sent`);
      this.#isAcknowledged.add(id);
      this.#acknowledged.push(id);
    }
  }

  /**
   * Somebody has pulled a page. All who pull see one log, of which each page is the next part.
   *
   * @param before position of the cursor that was presented
   * @returns position of the page's cursor
   */
  page(reader: string, before: number, page: PulledPage): number {
    let position = before;
    for (const { cursor, ...change } of page.changes) {
      const at = cursorPosition(cursor);
      if (at !== position + 1) this.complain(`${reader} was given position ${at} after ${position}`);
      position = at;
      this.#place(reader, at, change);
    }
    const after = cursorPosition(page.cursor);
    if (page.cursor.length !== CURSOR_LENGTH || after !== position) {
      this.complain(`${reader} was given cursor ${page.cursor} for a page that ends at ${position}`);
    }
    if (page.has_more && page.changes.length === 0)
      this.complain(`${reader} was given an empty page with more to come`);
    return position;
  }

  /**
   * Somebody was told that there is no more.
   *
   * @param acknowledgedBefore how many changes were acknowledged when it began to pull
   * @param verified how many of them it was found to have the last time
   */
  caughtUp(reader: string, cursor: number, acknowledgedBefore: number, verified: number): void {
    for (let index = verified; index < acknowledgedBefore; index++) {
      const id = this.#acknowledged[index]!;
      const position = this.#positions.get(id);
      if (position === undefined) this.complain(`lost: ${id} was acknowledged, and ${reader} has all without it`);
      else if (position > cursor) this.complain(`lost: ${id} was at ${position}, and ${reader} has all at ${cursor}`);
    }
  }

  /** After somebody has read the log from its start to its end and nothing is under way. */
  completed(reader: string, end: number): void {
    if (end !== this.#log.length)
      this.complain(`lost: the log had ${this.#log.length} changes, and ${reader} has ${end}`);
    this.caughtUp(reader, end, this.#acknowledged.length, 0);
    // What was acknowledged before a change was sent stands before it.
    const highest = [0];
    for (const id of this.#acknowledged) {
      highest.push(Math.max(highest[highest.length - 1]!, this.#positions.get(id) ?? 0));
    }
    for (const [id, { acknowledgedBefore }] of this.#sent) {
      const position = this.#positions.get(id);
      if (position !== undefined && position <= highest[acknowledgedBefore]!) {
        this.complain(`order: ${id} is at ${position}, before what was acknowledged when it was sent`);
      }
    }
  }

  complain(text: string): void {
    if (this.complaints.length < COMPLAINTS_MAX) this.complaints.push(`${this.ledger}: ${text}`);
  }

  #place(reader: string, at: number, change: Change11): void {
    const { id } = change;
    const known = this.#log[at - 1];
    if (known !== undefined) {
      if (known !== id) this.complain(`order: ${reader} was given ${id} at ${at}, where ${known} was`);
    } else if (at === this.#log.length + 1) {
      const first = this.#positions.get(id);
      if (first !== undefined) this.complain(`twice: ${id} is at ${first} and at ${at}`);
      else this.#positions.set(id, at);
      this.#log.push(id);
      const last = this.#sequences.get(change.actor) ?? 0;
      if (change.sequence !== last + 1) this.complain(`order: ${change.actor} has ${change.sequence} after ${last}`);
      this.#sequences.set(change.actor, change.sequence);
    }
    const sent = this.#sent.get(id);
    if (sent === undefined) this.complain(`${reader} was given ${id}, which nobody sent`);
    else if (sent.text !== JSON.stringify(change))
      this.complain(`changed: ${reader} was given ${JSON.stringify(change)}`);
  }
}
