// Values that a screen shows for a moment in place of those that a document holds: what specimens lay over their views.
// It must not know why.

import type { LedgerView } from '../edit.ts';
import type { Register } from './record-entity.ts';

/** How long a value is shown at most: short, so that all replicas agree by the time they are judged. */
export const SHOWN_MS = 300;

interface Shown {
  readonly entity: string;
  readonly field: string;
  readonly value: Register['value'];
  readonly fromMs: number;
}

export class Overlay {
  /** By `entity/field`. */
  readonly #shown = new Map<string, Shown>();

  /** Shows a value from now on, by the device's clock. */
  show(entity: string, field: string, value: Register['value'], fromMs: number): void {
    this.#shown.set(`${entity}/${field}`, { entity, field, value, fromMs });
  }

  /** Takes away what is shown at one place. */
  uncover(entity: string, field: string): void {
    this.#shown.delete(`${entity}/${field}`);
  }

  clear(): void {
    this.#shown.clear();
  }

  /** Puts what is shown now into a view, and gives the view back. */
  lay(view: LedgerView, nowMs: number): LedgerView {
    for (const { entity, field, value, fromMs } of this.#shown.values()) {
      const fields = view[entity]?.fields;
      // A clock that was set back ends it too.
      if (fields?.[field] !== undefined && nowMs >= fromMs && nowMs < fromMs + SHOWN_MS) fields[field] = value;
    }
    return view;
  }
}
