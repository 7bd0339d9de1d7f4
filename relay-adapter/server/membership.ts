// Who holds back the removal of a log: whoever comes, or only those who were named. Must not know tokens nor HTTP.

import { fromStore } from './errors.ts';
import type { MembershipRule } from './settings.ts';
import type { RelayStore } from './store.ts';

/** Members that are kept in mind, so that not every request asks the store. */
const KNOWN_MAX = 50_000;
/** Another instance may have taken a member away: after this long the store is asked again. */
const KNOWN_MS = 60_000;

/** Members of ledgers, of which the store has the truth. */
export class Membership {
  readonly #store: RelayStore;
  readonly #rule: MembershipRule;
  readonly #nowMs: () => number;
  /** By ledger and device: when it was last seen to be a member. The oldest stand first. */
  readonly #known = new Map<string, number>();
  /** What was read of members before one was taken away may not be kept in mind after it. */
  #removals = 0;

  constructor(store: RelayStore, rule: MembershipRule, nowMs: () => number) {
    this.#store = store;
    this.#rule = rule;
    this.#nowMs = nowMs;
  }

  /** A device has come to push or pull. */
  async contact(ledger: string, device: string): Promise<void> {
    if (this.#rule === 'listed') return;
    const key = `${ledger}\n${device}`;
    const seenMs = this.#known.get(key);
    const nowMs = this.#nowMs();
    if (seenMs !== undefined && nowMs - seenMs < KNOWN_MS) return;
    const removals = this.#removals;
    const isMember = await fromStore(() => this.#store.isMember(ledger, device));
    if (!isMember) await fromStore(() => this.#store.join(ledger, device));
    if (removals !== this.#removals) return;
    this.#known.delete(key);
    this.#known.set(key, nowMs);
    if (this.#known.size > KNOWN_MAX) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
  }

  put(ledger: string, device: string): Promise<void> {
    return fromStore(() => this.#store.join(ledger, device));
  }

  /** False where the device was no member. Where members are those who come, it is one again when it comes again. */
  async remove(ledger: string, device: string): Promise<boolean> {
    const wasMember = await fromStore(() => this.#store.leave(ledger, device));
    this.#removals += 1;
    this.#known.delete(`${ledger}\n${device}`);
    return wasMember;
  }
}
