// What a run asks of its documents, call by call: which replica, with what, and what chance and time it was served with.
// From it the documents' part of a run can be played again without simulator or relay. It must not know any type.

import { serveFrom } from '../../sim/guard.ts';
import type { Edit } from '../../models/documents/edit.ts';
import type { DocumentType, Replica, ReplicaInit } from '../../models/documents/port.ts';

/** What was called. Those before `dispose` may change what a replica holds; the others only ask. */
export const CHANGING_CALLS = ['create', 'edit', 'editTogether', 'receive', 'load'] as const;

export type TapedCall =
  | (typeof CHANGING_CALLS)[number]
  | 'dispose'
  | 'view'
  | 'viewDigest'
  | 'version'
  | 'pending'
  | 'since'
  | 'save'
  | 'storedBytes'
  | 'merge'
  | 'versionOf';

/** One call of a replica, or of the type itself. */
export interface TapeEntry {
  /** Its place on the tape. */
  readonly index: number;
  readonly call: TapedCall;
  /** The replica, numbered as they were made; −1 for the type itself. */
  readonly replica: number;
  /** Of `create`. */
  readonly init?: { readonly deviceIndex: number; readonly incarnation: number; readonly actor: number };
  /** Of `edit` and `editTogether`. */
  readonly edits?: readonly Edit[];
  /** Of `since`. */
  readonly version?: string;
  /** Numbers of the bytes that it was given, and of those that it gave; see `DocumentTape.bytes`. */
  readonly took: readonly number[];
  readonly made: number[];
  /** What it drew, each in [0, 1), and what its clock showed, ms since 1970, each time it asked. */
  readonly chance: number[];
  readonly clockMs: number[];
  /** Whether some of these were served to the process's own functions (`Math.random`, `Date.now` …). */
  isAmbient: boolean;
  /** What it threw, in words. */
  threw?: string;
}

/** Bytes that documents exchanged. */
export interface TapedBytes {
  readonly bytes: Uint8Array;
  /** The entry that made them; undefined where they come from elsewhere. */
  readonly madeBy: number | undefined;
  /** Their place among what that entry made. */
  readonly at: number;
}

type Entry<K extends keyof TapeEntry> = Partial<Pick<TapeEntry, K>>;

export class DocumentTape {
  readonly entries: TapeEntry[] = [];
  /** Bytes by number. */
  readonly bytes: TapedBytes[] = [];

  readonly #numbers = new Map<string, number>();
  readonly #replicas = new Map<Replica, number>();
  #current: TapeEntry | undefined;

  /** The number of a replica that a taped type has made; −1 for any other one. */
  numberOf(replica: Replica): number {
    return this.#replicas.get(replica) ?? -1;
  }

  /** The same type; what is asked of it goes onto the tape. */
  record(type: DocumentType): DocumentType {
    const { name, supports, delivery, isStable } = type;
    return {
      name,
      supports,
      ...(delivery !== undefined && { delivery }),
      ...(isStable !== undefined && { isStable }),
      ...(type.concurrency && { concurrency: (one, other) => type.concurrency!(one, other) }),
      ...(type.judged && { judged: (entity) => type.judged!(entity) }),
      ...(type.init && { init: () => type.init!() }),
      ...(type.merge && {
        merge: (changes) => {
          const entry = this.#entry('merge', -1, { took: this.#took(changes) });
          return this.#made(entry, [this.#call(entry, () => type.merge!(changes))])[0]!;
        },
      }),
      ...(type.versionOf && {
        versionOf: (merged) =>
          this.#call(this.#entry('versionOf', -1, { took: this.#took([merged]) }), () => type.versionOf!(merged)),
      }),
      create: (init) => this.#create(type, init),
    };
  }

  #create(type: DocumentType, init: ReplicaInit): Replica {
    const { deviceIndex, incarnation, actor } = init;
    const number = this.#replicas.size;
    const entry = this.#entry('create', number, { init: { deviceIndex, incarnation, actor } });
    const told: ReplicaInit = {
      ...init,
      random: () => this.#drew(init.random()),
      nowMs: () => this.#showed(init.nowMs()),
    };
    const replica = this.#call(entry, () => type.create(told));
    const taped = this.#replica(replica, number);
    this.#replicas.set(taped, number);
    return taped;
  }

  #replica(replica: Replica, number: number): Replica {
    const ask = <T>(call: TapedCall, question: () => T): T => this.#call(this.#entry(call, number, {}), question);
    return {
      edit: (edit) => {
        const entry = this.#entry('edit', number, { edits: [edit] });
        const outcome = this.#call(entry, () => replica.edit(edit));
        this.#made(entry, outcome.changes);
        return outcome;
      },
      ...(replica.editTogether && {
        editTogether: (edits) => {
          const entry = this.#entry('editTogether', number, { edits: [...edits] });
          return this.#made(
            entry,
            this.#call(entry, () => replica.editTogether!(edits)),
          );
        },
      }),
      receive: (changes) => {
        const entry = this.#entry('receive', number, { took: this.#took(changes) });
        return this.#made(
          entry,
          this.#call(entry, () => replica.receive(changes)),
        );
      },
      load: (stored) => {
        this.#call(this.#entry('load', number, { took: this.#took([stored]) }), () => replica.load(stored));
      },
      save: () => {
        const entry = this.#entry('save', number, {});
        return this.#made(entry, [this.#call(entry, () => replica.save())])[0]!;
      },
      ...(replica.since && {
        since: (version) => {
          const entry = this.#entry('since', number, { version });
          return this.#made(entry, [this.#call(entry, () => replica.since!(version))])[0]!;
        },
      }),
      view: () => ask('view', () => replica.view()),
      version: () => ask('version', () => replica.version()),
      pending: () => ask('pending', () => replica.pending()),
      ...(replica.viewDigest && { viewDigest: () => ask('viewDigest', () => replica.viewDigest!()) }),
      ...(replica.storedBytes && { storedBytes: () => ask('storedBytes', () => replica.storedBytes!()) }),
      ...(replica.dispose && { dispose: () => ask('dispose', () => replica.dispose!()) }),
    };
  }

  #entry(
    call: TapedCall,
    replica: number,
    { took = [], ...rest }: Entry<'took' | 'init' | 'edits' | 'version'>,
  ): TapeEntry {
    const index = this.entries.length;
    const entry: TapeEntry = {
      index,
      call,
      replica,
      ...rest,
      took,
      made: [],
      chance: [],
      clockMs: [],
      isAmbient: false,
    };
    this.entries.push(entry);
    return entry;
  }

  /** Calls the document; what it draws and asks of the clock is noted, and served as it would have been. */
  #call<T>(entry: TapeEntry, call: () => T): T {
    const outer = serveFrom(null);
    const before = this.#current;
    this.#current = entry;
    if (outer !== null) {
      serveFrom({
        random: () => {
          entry.isAmbient = true;
          return this.#drew(outer.random());
        },
        nowMs: () => {
          entry.isAmbient = true;
          return this.#showed(outer.nowMs());
        },
        print: (text) => outer.print?.(text),
      });
    }
    try {
      return call();
    } catch (error) {
      entry.threw = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw error;
    } finally {
      serveFrom(outer);
      this.#current = before;
    }
  }

  #drew(unit: number): number {
    this.#current?.chance.push(unit);
    return unit;
  }

  #showed(ms: number): number {
    this.#current?.clockMs.push(ms);
    return ms;
  }

  #made<T extends readonly Uint8Array[]>(entry: TapeEntry, list: T): T {
    for (const [at, bytes] of list.entries()) {
      const copy = bytes.slice();
      const number = this.bytes.push({ bytes: copy, madeBy: entry.index, at }) - 1;
      this.#numbers.set(keyOf(copy), number);
      entry.made.push(number);
    }
    return list;
  }

  /** Bytes by content: who made them last is where they come from. */
  #took(list: readonly Uint8Array[]): number[] {
    return list.map((bytes) => {
      const key = keyOf(bytes);
      let number = this.#numbers.get(key);
      if (number === undefined) {
        number = this.bytes.push({ bytes: bytes.slice(), madeBy: undefined, at: 0 }) - 1;
        this.#numbers.set(key, number);
      }
      return number;
    });
  }
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
