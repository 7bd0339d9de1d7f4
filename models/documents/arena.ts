// Shared memory for the changes of a run: the replicas that hold a change point at the same bytes. Bytes are written
// once and never moved, so an address stays good as long as its arena. It must not know what the bytes mean.

import { assert } from '../../sim/errors.ts';

/** An address is chunk × 2^20 + offset ÷ 4: chunks of at most 4 MiB, records begin at multiples of four. */
const CHUNK_BITS = 20;
const OFFSET_MASK = 2 ** CHUNK_BITS - 1;
const CHUNK_BYTES_MAX = 2 ** (CHUNK_BITS + 2);
const CHUNK_BYTES_FIRST = 16 * 1024;
/** Addresses are positive 32-bit integers: 2,048 chunks, 8 GiB. */
const CHUNKS_MAX = 2 ** (31 - CHUNK_BITS);

/** Append-only memory in chunks; an address is a positive 32-bit integer, 0 is none. */
export class Arena {
  readonly #chunks: Uint8Array[] = [];
  readonly #views: DataView[] = [];
  readonly #indexes = new WeakMap<ArrayBufferLike, number>();
  #end = 0;
  #capacity = 0;
  #lastBuffer: ArrayBufferLike | undefined;
  #lastIndex = 0;

  /** Bytes taken so far. */
  get bytes(): number {
    let sum = 0;
    for (let i = 0; i + 1 < this.#chunks.length; i++) sum += this.#chunks[i]!.length;
    return sum + this.#end;
  }

  /** Makes room for a record and gives its address; what is written there counts once `commit` is called. */
  reserve(lengthMax: number): number {
    assert(lengthMax <= CHUNK_BYTES_MAX - 4, 'a change does not fit into a chunk of 4 MiB');
    if (this.#end + lengthMax > this.#capacity) this.#addChunk(lengthMax);
    return ((this.#chunks.length - 1) << CHUNK_BITS) | (this.#end >>> 2);
  }

  /** Takes the first `length` bytes of what was reserved last. */
  commit(length: number): void {
    this.#end = (this.#end + length + 3) & ~3;
    assert(this.#end <= this.#capacity + 3, 'more was committed than reserved');
  }

  /** Address of bytes that lie in this arena as a record of their own; 0 where they do not. */
  find(bytes: Uint8Array): number {
    const buffer = bytes.buffer;
    if (buffer !== this.#lastBuffer) {
      const index = this.#indexes.get(buffer);
      if (index === undefined) return 0;
      this.#lastBuffer = buffer;
      this.#lastIndex = index;
    }
    const offset = bytes.byteOffset;
    return (offset & 3) === 0 ? (this.#lastIndex << CHUNK_BITS) | (offset >>> 2) : 0;
  }

  /** Keeps a copy of bytes from elsewhere and gives its address. */
  keep(bytes: Uint8Array): number {
    const address = this.reserve(bytes.length);
    this.chunk(address).set(bytes, this.offset(address));
    this.commit(bytes.length);
    return address;
  }

  /** The chunk that an address lies in. */
  chunk(address: number): Uint8Array {
    return this.#chunks[address >>> CHUNK_BITS]!;
  }

  /** The same chunk, for numbers. */
  numbers(address: number): DataView {
    return this.#views[address >>> CHUNK_BITS]!;
  }

  /** Where in its chunk an address lies. */
  offset(address: number): number {
    return (address & OFFSET_MASK) << 2;
  }

  /** A window on bytes of this arena. */
  window(address: number, length: number): Uint8Array {
    return new Uint8Array(this.chunk(address).buffer, this.offset(address), length);
  }

  #addChunk(lengthMax: number): void {
    const index = this.#chunks.length;
    assert(index < CHUNKS_MAX, 'the changes of this run take more than 8 GiB');
    let size = Math.min(CHUNK_BYTES_MAX, index === 0 ? CHUNK_BYTES_FIRST : this.#capacity * 4);
    while (size < lengthMax + 4) size *= 2;
    const chunk = new Uint8Array(size);
    this.#chunks.push(chunk);
    this.#views.push(new DataView(chunk.buffer));
    this.#indexes.set(chunk.buffer, index);
    this.#capacity = size;
    // The first word of the first chunk stays free, so that no record has address 0.
    this.#end = index === 0 ? 4 : 0;
  }
}
