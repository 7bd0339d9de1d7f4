// What oracles have found so far, each finding once: those of the run while it goes on, then those of its judgement as
// they are reported. It must not know how a finding is put into words.

import type { Finding } from '../../models/finding.ts';
import { judgeProtocol } from '../../models/oracles/protocol.ts';
import type { World } from '../world.ts';
import type { FindingNews } from './snapshot.ts';

/** Findings that are shown; of all others it is said how many there are. */
const SHOWN_MAX = 200;

/** Tells a finding in one line. */
export type StoryTeller = (finding: Finding) => string;

/** What is looked at of a world. */
type Watched = Pick<World, 'ledgers' | 'simulation'> & {
  readonly config: Pick<World['config'], 'dialect'>;
  readonly port: Pick<World['port'], 'complaints'>;
  readonly history: Pick<NonNullable<World['history']>, 'found'> | undefined;
};

export class FindingWatch {
  readonly #world: Watched;
  /** By what makes two reports one finding, in the order in which they came. */
  readonly #findings = new Map<string, Finding>();
  /** Stories of those that are shown; what is reported anew is told anew. */
  readonly #news = new Map<Finding, FindingNews>();
  #shown: readonly FindingNews[] | undefined;
  #noted = 0;
  #complaints = 0;

  constructor(world: Watched) {
    this.#world = world;
  }

  /** How many there are. */
  get count(): number {
    return this.#findings.size;
  }

  /** Between two slices: takes what was found at once, and what a real relay has answered against the rules. */
  look(): void {
    const { history, port } = this.#world;
    if (history !== undefined && history.found.size > this.#noted) this.#takeNoted(history.found);
    const complaints = port.complaints?.length ?? 0;
    if (complaints > this.#complaints) this.#takeComplaints(complaints);
  }

  /** Takes what oracles report; what is there already stands as it is reported now. */
  add(findings: readonly Finding[]): void {
    if (findings.length === 0) return;
    for (const finding of findings) this.#findings.set(keyOf(finding), finding);
    this.#shown = undefined;
  }

  /** All findings of the run, in their order, in the place of what there was. */
  set(findings: readonly Finding[]): void {
    this.#findings.clear();
    // Whatever else two have in common, a result has both.
    for (const [at, finding] of findings.entries()) this.#findings.set(`${at}`, finding);
    this.#shown = undefined;
  }

  /** The first of them in words, and how many there are beside those. @param storyOf asked once for each */
  told(storyOf: StoryTeller): { readonly news: readonly FindingNews[]; readonly more: number } {
    this.#shown ??= this.#tell(storyOf);
    return { news: this.#shown, more: this.count - this.#shown.length };
  }

  #tell(storyOf: StoryTeller): FindingNews[] {
    const shown: FindingNews[] = [];
    for (const finding of this.#findings.values()) {
      if (shown.length === SHOWN_MAX) break;
      let news = this.#news.get(finding);
      if (news === undefined) {
        const { atUs, oracle, kind, signature } = finding;
        this.#news.set(finding, (news = { atUs, oracle, kind, signature, story: storyOf(finding) }));
      }
      shown.push(news);
    }
    return shown;
  }

  #takeNoted(found: ReadonlyMap<string, Finding>): void {
    const { dialect } = this.#world.config;
    const noted = [...found.values()].slice(this.#noted);
    this.#noted = found.size;
    // As the judgement: a timestamp for a cursor is no position.
    this.add(noted.filter(({ oracle }) => oracle !== 'cursor' || dialect === '1.1'));
  }

  #takeComplaints(count: number): void {
    const { port, ledgers, simulation } = this.#world;
    const { nowUs, events } = simulation;
    const complaints = port.complaints!.slice(this.#complaints);
    this.#complaints = count;
    for (const complaint of complaints) {
      const ledger = ledgers[complaint.ledger];
      if (ledger !== undefined) this.add(judgeProtocol(ledger, [complaint], { nowUs, events }));
    }
  }
}

/** What makes two reports one finding: of wrong answers there is one of a kind in a ledger, whoever asks by then. */
function keyOf({ oracle, signature, devices, documents }: Finding): string {
  return JSON.stringify([signature, documents, oracle === 'protocol' ? [] : devices]);
}
