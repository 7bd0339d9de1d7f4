// A tape's entries as lines of code: replicas that are made, edit and are given each other's changes, with what was
// served to them. It must not know what is to be shown.
import type { DocumentTape, TapeEntry } from '../../scenarios/search/document-tape.ts';
import type { StoryEvent } from '../../scenarios/search/story-event.ts';
import type { Storyline } from '../../scenarios/search/storyline.ts';
import { clipped, happeningText, seconds } from '../report/story-words.ts';
import { namesOf } from '../report/story.ts';
import { BYTES_MARK, type Claim } from './claims.ts';
import { literal } from './literals.ts';
import type { Scene } from './scene.ts';

const COMMENT_CHARS = 120;

export interface StepOptions {
  /** Bytes are copied when they are made: the type may write over them. */
  readonly copies: boolean;
  /** What was served to the process's own functions is served again. */
  readonly servesAmbient: boolean;
}

/** Names of replicas in code: A, and A2 for the next life. */
export function replicaNames({ tape, storyline, judgedFrom }: Scene): Map<number, string> {
  const letters = new Map(storyline.devices.map(({ index, name }) => [index, name.replaceAll(/\W/g, '')]));
  const lives = new Map<string, number>();
  const names = new Map<number, string>();
  for (const { call, replica, init, index } of tape.entries) {
    if (call !== 'create' || init === undefined) continue;
    const letter = index >= judgedFrom ? 'spare' : (letters.get(init.deviceIndex) ?? 'peer');
    const life = (lives.get(letter) ?? 0) + 1;
    lives.set(letter, life);
    names.set(replica, life === 1 ? letter : `${letter}${life}`);
  }
  return names;
}

/** Writes entries as code. */
export class Steps {
  readonly #tape: DocumentTape;
  readonly #storyline: Storyline;
  readonly #claim: Claim;
  readonly #options: StepOptions;
  readonly #names: ReadonlyMap<number, string>;
  readonly #variables = new Map<number, string>();
  readonly #used: ReadonlySet<number>;
  readonly #counts = new Map<string, number>();
  #lastServed = '';

  constructor(
    { tape, storyline }: Scene,
    claim: Claim,
    names: ReadonlyMap<number, string>,
    entries: readonly TapeEntry[],
    options: StepOptions,
  ) {
    this.#tape = tape;
    this.#storyline = storyline;
    this.#claim = claim;
    this.#options = options;
    this.#names = names;
    const checked = claim.checks.flatMap((check) => (check.must === 'not throw' ? [check.entry] : []));
    this.#used = new Set(
      [...entries, ...checked].flatMap(({ took }) => took.flatMap((number) => tape.bytes[number]!.madeBy ?? [])),
    );
  }

  /** Lines for entries, in their order, each after what the story says of it. */
  lines(entries: readonly TapeEntry[]): string[] {
    const lines: string[] = [];
    let told: StoryEvent | undefined;
    for (const entry of entries) {
      const event = this.#storyline.events.find(({ mark }) => mark > entry.index);
      if (event !== undefined && event !== told) lines.push(...this.#comment(event));
      told = event;
      const spare = entry.call === 'create' ? this.#claim.spares.get(entry.replica) : undefined;
      if (spare !== undefined) lines.push('', `// ${spare.is}`);
      for (const { before, name, expression } of this.#claim.taken) {
        if (before === entry.index) lines.push(`const ${name} = ${expression};`);
      }
      lines.push(...this.served(entry), `${this.#declared(entry)};`);
    }
    return lines;
  }

  /** The call of an entry as an expression. */
  call(entry: TapeEntry): string {
    const { call, replica, init, edits = [], took, version } = entry;
    const name = this.nameOf(replica);
    switch (call) {
      case 'create': {
        const { deviceIndex, incarnation, actor } = init!;
        return `create({ deviceIndex: ${deviceIndex}, incarnation: ${incarnation}, actor: ${actor} })`;
      }
      case 'edit':
        return `${name}.edit(${literal(edits[0])}).changes`;
      case 'editTogether':
        return `${name}.editTogether(${literal(edits)})`;
      case 'receive':
        return `${name}.receive(${this.#list(took)})`;
      case 'load':
        return `${name}.load(${this.#bytes(took[0]!)})`;
      case 'since':
        return `[${name}.since(${literal(version)})]`;
      case 'save':
        return `[${name}.save()]`;
      case 'merge':
        return `[documents.merge(${this.#list(took)})]`;
      case 'versionOf':
        return `documents.versionOf(${this.#bytes(took[0]!)})`;
      case 'viewDigest':
      case 'storedBytes':
      case 'dispose':
      case 'view':
      case 'version':
      case 'pending':
        return `${name}.${call}()`;
    }
  }

  /** The name of a replica in code. */
  nameOf(replica: number): string {
    return this.#claim.spares.get(replica)?.name ?? this.#names.get(replica) ?? `replica${replica}`;
  }

  /** An expression of a claim, with bytes by their names. */
  expression(text: string): string {
    return text.replaceAll(new RegExp(`${BYTES_MARK}(\\d+)`, 'g'), (_, number: string) => this.#bytes(Number(number)));
  }

  /** What the replicas are served in the next call, where they asked and it is not what they are served anyway. */
  served({ chance, clockMs, isAmbient }: TapeEntry): string[] {
    if ((isAmbient && !this.#options.servesAmbient) || (chance.length === 0 && clockMs.length === 0)) return [];
    const times = clockMs.every((ms) => ms === clockMs[0]) ? clockMs.slice(0, 1) : clockMs;
    const line = `serve(${literal(times)}${chance.length === 0 ? '' : `, ${literal(chance)}`});`;
    // The last time stays.
    if (line === this.#lastServed && times.length === 1 && chance.length === 0) return [];
    this.#lastServed = line;
    return [line];
  }

  #declared(entry: TapeEntry): string {
    const call = this.call(entry);
    if (entry.call === 'create') return `const ${this.nameOf(entry.replica)} = ${call}`;
    if (entry.made.length === 0 || !this.#used.has(entry.index)) return call.replace(/\.changes$/, '');
    const name = this.#variableOf(entry);
    return `const ${name} = ${this.#options.copies ? `kept(${call})` : call}`;
  }

  /** The name of what an entry has made: `edit3` for the third edit of the story. */
  #variableOf(entry: TapeEntry): string {
    const known = this.#variables.get(entry.index);
    if (known !== undefined) return known;
    const stem = this.#stemOf(entry);
    const count = (this.#counts.get(stem) ?? 0) + 1;
    this.#counts.set(stem, count);
    const isEdit = /\d$/.test(stem);
    const name = isEdit ? `${stem}${count === 1 ? '' : `part${count}`}` : `${stem}${count}`;
    this.#variables.set(entry.index, name);
    return name;
  }

  #stemOf({ call, index }: TapeEntry): string {
    if (call !== 'edit' && call !== 'editTogether') {
      return { merge: 'merged', save: 'saved', since: 'lacking', receive: 'answer' }[call as string] ?? 'bytes';
    }
    const event = this.#storyline.events.find(({ happening, mark }) => happening.what === 'edit' && mark > index);
    return event?.happening.what === 'edit' ? `edit${event.happening.label}` : 'edited';
  }

  /** Several bytes: where all that an entry has made stand together, they go by its name. */
  #list(numbers: readonly number[]): string {
    const parts: string[] = [];
    for (let at = 0; at < numbers.length; at++) {
      const { madeBy, at: place } = this.#tape.bytes[numbers[at]!]!;
      const made = madeBy === undefined ? [] : this.#tape.entries[madeBy]!.made;
      const isWhole = place === 0 && made.every((number, i) => numbers[at + i] === number);
      if (madeBy !== undefined && isWhole && made.length > 0) {
        parts.push(`...${this.#variableOf(this.#tape.entries[madeBy]!)}`);
        at += made.length - 1;
      } else {
        parts.push(this.#bytes(numbers[at]!));
      }
    }
    const [only] = parts;
    return parts.length === 1 && only!.startsWith('...') ? only!.slice(3) : `[${parts.join(', ')}]`;
  }

  #bytes(number: number): string {
    const { bytes, madeBy, at } = this.#tape.bytes[number]!;
    if (madeBy !== undefined) return `${this.#variableOf(this.#tape.entries[madeBy]!)}[${at}]`;
    return `Uint8Array.from(Buffer.from('${Buffer.from(bytes).toString('base64')}', 'base64'))`;
  }

  #comment({ happening, atUs, device }: StoryEvent): string[] {
    const nameOf = namesOf(this.#storyline);
    const text = happeningText(happening, nameOf);
    if (text === undefined || happening.what === 'judge' || happening.what === 'calm') return [];
    const time = happening.what === 'edit' && happening.isPreload ? 'before' : seconds(atUs);
    return ['', clipped(`// ${time}  ${nameOf(device)}  ${text}`, COMMENT_CHARS)];
  }
}
