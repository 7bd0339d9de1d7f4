// What oracles must be told while a run goes on: every edit with its places and what its author knew, what was
// acknowledged, and what can only be judged at once. Watching changes nothing. It must not know how a run is judged.

import type { ChangeTable } from './change-table.ts';
import type { Edit, LedgerView } from './documents/edit.ts';
import { placeOf } from './documents/edit.ts';
import type { DocumentType } from './documents/port.ts';
import type { Finding, Parting } from './finding.ts';
import { countMeetings, emptyMarks, type Mark } from './history-marks.ts';
import type { DeviceObserver, RestartFrom } from './observer.ts';
import { pageFault } from './oracles/cursor.ts';
import { entityIn } from './oracles/effects.ts';
import { type JudgedDevice, type Moment, safetyFinding } from './oracles/judged.ts';
import { unseenEdit } from './oracles/local-effect.ts';
import type { Page } from './relay/messages.ts';

/** A change that a user made, and what its author knew. */
export interface Deed {
  /** Its number in the table. */
  readonly change: number;
  /** Index of the device that made it. */
  readonly device: number;
  readonly incarnation: number;
  readonly ledger: number;
  readonly atUs: number;
  /** Log prefix that the author had applied. */
  readonly seen: number;
  /** Own changes beyond it that the author's replica held. */
  readonly own: readonly number[];
  /** False where the author's replica held changes back, so that the prefix does not tell what it knew. */
  readonly isSure: boolean;
  /** Characters that its text-deletes took out of the author's view; each once. */
  readonly vanished: string;
}

/** One edit of a change. */
export interface Act {
  readonly deed: Deed;
  /** Its place among the change's edits. */
  readonly at: number;
  readonly edit: Edit;
  readonly target: string;
}

const NO_ACTS: readonly Act[] = [];
const NO_CHANGES: readonly number[] = [];

/** The history of a run; one for all its ledgers. */
export class History implements DeviceObserver {
  /** Rare situations that were reached, and how often; all names are there from the start. */
  readonly marks: Record<Mark, number> = emptyMarks();

  readonly #table: ChangeTable;
  readonly #type: DocumentType;
  readonly #clock: Moment | undefined;
  readonly #isByState: boolean;
  readonly #acts: Act[][] = [];
  /** By change: the device that was told of its acceptance. */
  readonly #acknowledged = new Map<number, number>();
  /** Found at once; the first of each signature in each ledger. */
  readonly #findings = new Map<string, Finding>();
  /** By device: where the last page left its cursor in the present life. */
  readonly #cursors = new Map<number, number>();
  /** Devices of which a life has lost something. */
  readonly #rolledBack = new Set<number>();

  /**
   * @param clock virtual time and events for what is found at once; left out, findings are dated when asked for
   * @param isByState whether devices sync by state, where a position does not tell what an author knew
   */
  constructor(table: ChangeTable, type: DocumentType, clock?: Moment, isByState = false) {
    this.#isByState = isByState;
    this.#table = table;
    this.#type = type;
    this.#clock = clock;
  }

  /** Edits of a ledger in the order in which they were made, those that were never accepted too. */
  acts(ledger: number): readonly Act[] {
    return this.#acts[ledger] ?? NO_ACTS;
  }

  /** Changes of a ledger that a device was told are accepted, with that device's index. */
  *acknowledgedIn(ledger: number): Generator<readonly [change: number, device: number], void, void> {
    for (const entry of this.#acknowledged) if (this.#table.ledgerOf(entry[0]) === ledger) yield entry;
  }

  /** What was found so far, in its order; each stays as it is. */
  get found(): ReadonlyMap<string, Finding> {
    return this.#findings;
  }

  /** What was found while the run went on, in a ledger. @param moment stands in findings of a history without a clock */
  foundIn(ledger: { readonly id: string }, moment: Moment): Finding[] {
    const list = [...this.#findings.values()].filter(({ documents }) => documents.includes(ledger.id));
    if (this.#clock !== undefined) return list;
    return list.map((finding) => ({ ...finding, atUs: moment.nowUs, event: moment.events }));
  }

  /** Whether the author of the later edit knew the earlier one: had it applied, in the life that it edited in. */
  knows(later: Act, earlier: Act): boolean {
    return later.deed === earlier.deed ? later.at > earlier.at : this.knowsDeed(later.deed, earlier.deed);
  }

  /** The same of two changes. */
  knowsDeed(later: Deed, earlier: Deed): boolean {
    const position = this.#table.positionOf(earlier.change);
    return (position > 0 && position <= later.seen) || later.own.includes(earlier.change);
  }

  /** Whether neither author knew the other's edit. */
  areConcurrent(one: Act, other: Act): boolean {
    return one !== other && !this.knows(one, other) && !this.knows(other, one);
  }

  /** Counts which edits of a ledger met; at the end of a run. */
  close(ledger: number): void {
    countMeetings(this.acts(ledger), this, this.marks);
  }

  edited(
    device: JudgedDevice,
    change: number,
    edits: readonly Edit[],
    targets: readonly string[],
    before: LedgerView,
    after: LedgerView,
  ): void {
    const aligned = change < 0 ? edits.map(() => undefined) : alignTargets(edits, targets);
    this.#markEdit(device, change, edits, before);
    if (aligned !== undefined) this.#judgeEffect(device, change, edits, aligned, before, after);
    if (change < 0) return;
    const own = device.ownUnplaced();
    const deed: Deed = {
      change,
      device: device.index,
      incarnation: device.incarnation,
      ledger: device.ledger.index,
      atUs: this.#table.editedAtUs(change),
      seen: device.position,
      own: own.length === 0 || (own.length === 1 && own[0] === change) ? NO_CHANGES : own.filter((c) => c !== change),
      isSure: !this.#isByState && aligned !== undefined && device.pending() === 0,
      vanished: vanishedIn(edits, before, after),
    };
    if (device.pending() > 0) this.marks['edit while changes were held back']++;
    const acts = (this.#acts[device.ledger.index] ??= []);
    for (let at = 0; at < edits.length; at++) {
      const edit = edits[at]!;
      // Where targets cannot be told apart the deed is not sure, and its entity is not judged.
      const target = aligned === undefined ? edit.entity : aligned[at];
      if (target !== undefined) acts.push({ deed, at, edit, target });
    }
  }

  tookPage(device: JudgedDevice, page: Page, from: number): void {
    const { index } = device;
    const last = this.#cursors.get(index);
    this.#cursors.set(index, device.position);
    if (page.snapshot !== undefined) this.marks['page began with a snapshot']++;
    if (this.#rolledBack.has(index)) this.#markReturned(device, page);
    const fault =
      last !== undefined && from < last
        ? { part: 'went-back' as const, detail: { last, from } }
        : pageFault(this.#table, page, from, device.position);
    if (fault === undefined) return;
    this.#found(device, 'cursor', fault.part, { device: index, incarnation: device.incarnation, ...fault.detail });
  }

  acknowledged(device: JudgedDevice, changes: readonly number[]): void {
    for (const change of changes) if (!this.#acknowledged.has(change)) this.#acknowledged.set(change, device.index);
  }

  restarted(device: JudgedDevice, from: RestartFrom): void {
    this.#cursors.delete(device.index);
    if (from !== 'storage') this.#rolledBack.add(device.index);
    if (device.client.outboxLength > 0) this.marks['restart with changes to push']++;
  }

  #judgeEffect(
    device: JudgedDevice,
    change: number,
    edits: readonly Edit[],
    targets: readonly (string | undefined)[],
    before: LedgerView,
    after: LedgerView,
  ): void {
    const unseen = unseenEdit(this.#type, edits, targets, before, after);
    if (unseen === undefined) return;
    // What was removed before its author had heard of anything in it has nothing to show when it is restored.
    if (unseen.edit.kind === 'restore' && !this.#hasContent(device, unseen.edit.entity)) return;
    const { edit, target, isSwallowed } = unseen;
    const detail = { place: target, edit, before: unseen.before, after: unseen.after, isSwallowed };
    const table = this.#table;
    this.#found(
      device,
      'local-effect',
      edit.kind,
      detail,
      change < 0
        ? undefined
        : {
            target,
            author: device.index,
            incarnation: device.incarnation,
            sequence: table.sequenceOf(change),
            atUs: table.editedAtUs(change),
            seenBy: [device.index],
            notSeenBy: [],
          },
    );
  }

  /** Whether a device knows of an edit of an entity that leaves something in it. */
  #hasContent(device: JudgedDevice, entity: string): boolean {
    const own = device.ownUnplaced();
    return this.acts(device.ledger.index).some(({ deed, edit }) => {
      if (edit.entity !== entity || edit.kind === 'remove' || edit.kind === 'restore') return false;
      const position = this.#table.positionOf(deed.change);
      return (position > 0 && position <= device.position) || own.includes(deed.change);
    });
  }

  #found(
    device: JudgedDevice,
    oracle: string,
    part: string,
    detail: Readonly<Record<string, unknown>>,
    parting?: Parting,
  ): void {
    const key = `${device.ledger.index} ${oracle} ${part}`;
    if (this.#findings.has(key)) return;
    const moment = this.#clock ?? { nowUs: 0, events: 0 };
    this.#findings.set(key, safetyFinding(oracle, part, moment, device.ledger, [device], detail, parting));
  }

  #markEdit(device: JudgedDevice, change: number, edits: readonly Edit[], before: LedgerView): void {
    const { marks } = this;
    if (device.client.isBusy) marks['edit while a sync was under way']++;
    if (!device.isOnline) marks['edit while offline']++;
    if (device.incarnation > 0) marks['edit after a restart']++;
    if (change >= 0) return;
    marks['edit that did nothing']++;
    const [first] = edits;
    if (first === undefined || first.kind === 'remove' || first.kind === 'restore') return;
    if (entityIn(before, first.entity) !== undefined) return;
    if (this.acts(device.ledger.index).some(({ edit }) => edit.entity === first.entity && edit.kind === 'remove')) {
      marks['edit on a removed entity']++;
    }
  }

  /** Counts changes of an earlier life that a device is handed by the log. */
  #markReturned(device: JudgedDevice, { changes }: Page): void {
    const table = this.#table;
    for (const change of changes) {
      if (table.deviceOf(change) === device.id && table.incarnationOf(change) !== device.incarnation) {
        this.marks['own change of an earlier life came back']++;
      }
    }
  }
}

/**
 * For each edit its target, undefined where it did nothing; undefined as a whole where that cannot be told: the place of
 * a list-delete or list-move is known from its target alone.
 */
export function alignTargets(
  edits: readonly Edit[],
  targets: readonly string[],
): readonly (string | undefined)[] | undefined {
  if (targets.length === edits.length) return targets;
  const aligned: (string | undefined)[] = [];
  let next = 0;
  for (const edit of edits) {
    if (edit.kind === 'list-delete' || edit.kind === 'list-move') return undefined;
    const target = targets[next];
    const isMet = target !== undefined && target === placeOf(edit);
    aligned.push(isMet ? target : undefined);
    if (isMet) next++;
  }
  return next === targets.length ? aligned : undefined;
}

/** Characters (UTF-16 units) that were there, or were inserted, and are not there any more after text-deletes. */
function vanishedIn(edits: readonly Edit[], before: LedgerView, after: LedgerView): string {
  const entity = edits.find(({ kind }) => kind === 'text-delete')?.entity;
  if (entity === undefined) return '';
  let text = entityIn(before, entity)?.memo ?? '';
  for (const edit of edits) if (edit.kind === 'text-insert' && edit.entity === entity) text += edit.text;
  const left = new Set((entityIn(after, entity)?.memo ?? '').split(''));
  return [...new Set(text.split(''))].filter((character) => !left.has(character)).join('');
}
