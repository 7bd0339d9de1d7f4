// What each replica of a tape was given or made in its own life, call by call: by bytes that edits made, through whatever
// was merged, saved and loaded of them. It must not know what the bytes mean, nor any claim.
import type { DocumentTape, TapeEntry } from '../../scenarios/search/document-tape.ts';

/** Bytes that an edit made, or that come from elsewhere: their number on the tape. */
export type Given = ReadonlySet<number>;

const NOTHING: Given = new Set();

/** What replicas have, as the tape tells. */
export class Holdings {
  readonly #tape: DocumentTape;
  /** By replica: the entries that gave it something, in order, and what it has from each on. */
  readonly #lives = new Map<number, { readonly index: number; readonly has: Given }[]>();
  /** By number of bytes. */
  readonly #contents: Given[] = [];
  /** Bytes that an edit or an answer made, by content: whoever copies them hands over no more than that. */
  readonly #edited = new Map<string, number>();

  constructor(tape: DocumentTape) {
    this.#tape = tape;
    for (const entry of tape.entries) this.#play(entry);
  }

  /** What a replica has before an entry of the tape. */
  of(replica: number, before: number): Given {
    return this.#lives.get(replica)?.findLast(({ index }) => index < before)?.has ?? NOTHING;
  }

  /** What is in bytes that were handed over. */
  in(numbers: readonly number[]): Given {
    return union(numbers.map((number) => this.#contentOf(number)));
  }

  #play(entry: TapeEntry): void {
    const { call, replica, took, made, index } = entry;
    // Before a call: what is made by `receive` is an answer, and something new.
    const had = replica < 0 ? NOTHING : this.of(replica, index);
    switch (call) {
      case 'edit':
      case 'editTogether':
      case 'receive': {
        const own = made.map((number) => this.#edit(number));
        if (call === 'receive' && entry.threw !== undefined) return;
        this.#gain(replica, index, union([had, this.in(took), ...own]));
        return;
      }
      case 'load':
        if (entry.threw === undefined) this.#gain(replica, index, union([had, this.in(took)]));
        return;
      case 'save':
      case 'since':
        for (const number of made) this.#contents[number] = this.#copied(number) ?? had;
        return;
      case 'merge':
        for (const number of made) this.#contents[number] = this.#copied(number) ?? this.in(took);
        return;
      default:
    }
  }

  #gain(replica: number, index: number, has: Given): void {
    const life = this.#lives.get(replica);
    if (life === undefined) this.#lives.set(replica, [{ index, has }]);
    else life.push({ index, has });
  }

  #edit(number: number): Given {
    const key = this.#keyOf(number);
    const first = this.#edited.get(key) ?? number;
    this.#edited.set(key, first);
    return (this.#contents[number] = new Set([first]));
  }

  /** Where a copy is, byte for byte, what an edit has made. */
  #copied(number: number): Given | undefined {
    const first = this.#edited.get(this.#keyOf(number));
    return first === undefined ? undefined : this.#contents[first];
  }

  #contentOf(number: number): Given {
    return (this.#contents[number] ??= new Set([number]));
  }

  #keyOf(number: number): string {
    return Buffer.from(this.#tape.bytes[number]!.bytes).toString('latin1');
  }
}

function union(parts: readonly Given[]): Given {
  const filled = parts.filter((part) => part.size > 0);
  return filled.length <= 1 ? (filled[0] ?? NOTHING) : new Set(filled.flatMap((part) => [...part]));
}
