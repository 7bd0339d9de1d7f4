// Names of fields as small integers, looked up by their bytes without making text.

import { hashBytes, nameText } from './lww-codec.ts';

export class NameTable {
  readonly #texts: string[] = [];
  readonly #byHash = new Map<number, number>();
  /** Next name of the same hash. */
  readonly #next: number[] = [];

  /** The number of the ASCII name in `bytes` from `from` to `to`; a new one where it is not known yet. */
  idOf(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashBytes(bytes, from, to);
    const first = this.#byHash.get(hash);
    for (let id = first ?? -1; id >= 0; id = this.#next[id]!) {
      if (this.#isSame(this.#texts[id]!, bytes, from, to)) return id;
    }
    const id = this.#texts.push(nameText(bytes, from, to)) - 1;
    this.#next[id] = first ?? -1;
    this.#byHash.set(hash, id);
    return id;
  }

  text(id: number): string {
    return this.#texts[id]!;
  }

  #isSame(text: string, bytes: Uint8Array, from: number, to: number): boolean {
    if (text.length !== to - from) return false;
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
    return true;
  }
}
