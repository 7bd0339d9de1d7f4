// Whether replicas of a claim were given the same changes, by the tape: where they were not, what they show says nothing
// of the document type. It must not know what a claim is about.
import type { DocumentTape } from '../../scenarios/search/document-tape.ts';
import type { Storyline } from '../../scenarios/search/storyline.ts';
import { type Given, Holdings } from './holdings.ts';
import type { Scene, SceneMember } from './scene.ts';

/** A replica at an entry of the tape, and how it is called. */
export interface Compared {
  readonly name: string;
  readonly replica: number;
  readonly until: number;
}

const ELSEWHERE = 'so the fault lies in what was delivered, not in the document';

/** What was given to the replicas of a scene. */
export class Delivered {
  readonly #tape: DocumentTape;
  readonly #storyline: Storyline;
  readonly #holdings: Holdings;

  constructor({ tape, storyline }: Pick<Scene, 'tape' | 'storyline'>) {
    this.#tape = tape;
    this.#storyline = storyline;
    this.#holdings = new Holdings(tape);
  }

  /** What one of them was not given and another has, in words; undefined where all have the same. */
  lackAmong(compared: readonly Compared[]): string | undefined {
    const has = compared.map((each) => this.#has(each));
    const all = has.flatMap((given) => [...given]);
    for (const [at, { name }] of compared.entries()) {
      const missing = all.find((number) => !has[at]!.has(number));
      if (missing !== undefined) return this.#lacks(name, missing);
    }
    return undefined;
  }

  /** What a replica was not given of what the authors of its changes had, in words, and of what others have. */
  lackOf(one: Compared, others: readonly Compared[]): string | undefined {
    const has = this.#has(one);
    const wanted = [...new Set([...has, ...others.flatMap((each) => [...this.#has(each)])])];
    // Grows while it is walked: what those knew who made a change is wanted with it.
    const known = new Set(wanted);
    for (const number of known) {
      const { madeBy } = this.#tape.bytes[number]!;
      const maker = madeBy === undefined ? undefined : this.#tape.entries[madeBy];
      if (maker !== undefined && maker.replica >= 0) {
        for (const each of this.#holdings.of(maker.replica, maker.index)) known.add(each);
      }
    }
    const missing = [...known].find((number) => !has.has(number));
    return missing === undefined ? undefined : this.#lacks(one.name, missing);
  }

  /** Where a replica has not what the log says that it has, in words. @param knows labels of edits */
  unlikeLog({ name, replica, until }: Compared, knows: readonly string[]): string | undefined {
    const has = this.#has({ name, replica, until });
    const edits = [...this.#edits()];
    const lacked = edits.find(([label, numbers]) => knows.includes(label) && !numbers.every((each) => has.has(each)));
    if (lacked !== undefined) return lacks(name, `change ${lacked[0]}`);
    const lost = edits.find(([label, numbers]) => !knows.includes(label) && numbers.some((each) => has.has(each)));
    return lost === undefined ? undefined : `${name} has change ${lost[0]}, which the relay has lost, ${ELSEWHERE}`;
  }

  /** What is handed over to a replica and it did not have before, in words. */
  newIn(one: Compared, numbers: readonly number[]): string | undefined {
    const has = this.#has(one);
    const missing = [...this.#holdings.in(numbers)].find((number) => !has.has(number));
    return missing === undefined ? undefined : this.#lacks(one.name, missing);
  }

  #has({ replica, until }: Compared): Given {
    return this.#holdings.of(replica, until);
  }

  /** The bytes of each edit, by its label. */
  #edits(): Map<string, number[]> {
    const edits = new Map<string, number[]>();
    for (const { made, index, call, replica } of this.#tape.entries) {
      if ((call !== 'edit' && call !== 'editTogether') || made.length === 0) continue;
      const label = this.#labelAt(index);
      if (label === undefined) continue;
      const given = this.#holdings.of(replica, index + 1);
      // Bytes that an edit before it made as well go by that one's number, which its author has too.
      const own = made.filter((number) => given.has(number));
      edits.set(label, [...(edits.get(label) ?? []), ...own]);
    }
    return edits;
  }

  #labelAt(index: number): string | undefined {
    const event = this.#storyline.events.find(({ happening, mark }) => happening.what === 'edit' && mark > index);
    return event?.happening.what === 'edit' ? event.happening.label : undefined;
  }

  #lacks(name: string, number: number): string {
    const { madeBy } = this.#tape.bytes[number]!;
    const call = madeBy === undefined ? undefined : this.#tape.entries[madeBy]!.call;
    const isEdit = call === 'edit' || call === 'editTogether';
    const label = isEdit ? this.#labelAt(madeBy!) : undefined;
    return lacks(name, label === undefined ? 'a change that others have' : `change ${label}`);
  }
}

function lacks(name: string, what: string): string {
  return `${name} was never given ${what}, or lost it at the relay, ${ELSEWHERE}`;
}

/** What some device was never given by the relay's log, in words; undefined where all have the same. */
export function lackByLog(devices: readonly SceneMember[]): string | undefined {
  const all = new Set(devices.flatMap(({ knows }) => knows));
  for (const { name, knows } of devices) {
    const missing = [...all].find((label) => !knows.includes(label));
    if (missing !== undefined) return lacks(name, `change ${missing}`);
  }
  return undefined;
}
