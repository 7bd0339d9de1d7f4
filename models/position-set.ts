// A set of log positions, as bits. It must not know what the positions mean.

/** Positions count from 1; 0 is none and is never in the set. */
export class PositionSet {
  #bits = new Uint8Array(16);

  has(position: number): boolean {
    return ((this.#bits[position >>> 3] ?? 0) & (1 << (position & 7))) !== 0;
  }

  add(position: number): void {
    if (position === 0) return;
    const at = position >>> 3;
    if (at >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[at]! |= 1 << (position & 7);
  }

  clear(): void {
    this.#bits.fill(0);
  }
}
