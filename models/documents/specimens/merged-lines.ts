// A specimen with a planted bug: the lines of a transaction are merged line by line, as if they had nothing to do with
// each other, so that concurrent postings mix and debits no longer equal credits. All replicas agree on it.

import type { Concurrency, Edit, EntityView } from '../edit.ts';
import type { Change, Operation } from './record-changes.ts';
import { RecordEntity, type Register } from './record-entity.ts';
import { recordConcurrency, RecordsReplica, recordsType } from './records.ts';

export { registers as sibling } from './records.ts';

const LINES = 'lines';
/** The register of how many lines there are; a line's has the line's index after it. No field has such a name. */
const COUNT = `${LINES}#`;

/** A set of the lines: how often they were set before, as far as its author knew, plus 1. */
type SetLines = Extract<Operation, { kind: 'set' }> & { readonly revision: number };

class MergedLinesEntity extends RecordEntity {
  get revision(): number {
    return this.fields.get(COUNT)?.stamp ?? 0;
  }

  override apply(change: Change): void {
    const { operation } = change;
    if (operation.kind !== 'set' || operation.field !== LINES) {
      super.apply(change);
      return;
    }
    const { revision } = operation as SetLines;
    const lines = String(operation.value).split(',');
    this.#setLine(COUNT, lines.length, revision);
    // The bug: each line finds its own winner.
    for (const [index, line] of lines.entries()) this.#setLine(COUNT + index, line, revision);
  }

  override view(): EntityView {
    const view = super.view();
    const { fields } = view;
    const count = fields?.[COUNT];
    if (fields === undefined || count === undefined) return view;
    const lines: string[] = [];
    for (let index = 0; index < Number(count); index++) lines.push(String(fields[COUNT + index] ?? ''));
    for (const name of Object.keys(fields)) if (name.startsWith(COUNT)) delete fields[name];
    fields[LINES] = lines.join(',');
    return view;
  }

  /** The later revision stays, of equal ones the greater value: as databases do that number revisions. */
  #setLine(name: string, value: Register['value'], revision: number): void {
    const known = this.fields.get(name);
    const isGreater =
      known === undefined || revision > known.stamp || (revision === known.stamp && value > known.value);
    if (isGreater) this.fields.set(name, { value, stamp: revision, actor: 0 });
  }
}

class MergedLinesReplica extends RecordsReplica {
  protected override operationOf(edit: Edit): Operation | undefined {
    const operation = super.operationOf(edit);
    if (operation?.kind !== 'set' || operation.field !== LINES) return operation;
    const { revision } = this.entityOf(operation.entity) as MergedLinesEntity;
    const setLines: SetLines = { ...operation, revision: revision + 1 };
    return setLines;
  }
}

/** It says of itself that concurrent lines are merged; what comes of it is judged by the books alone. */
function concurrency(one: Edit, other: Edit): Concurrency {
  const areLines = [one, other].every((edit) => edit.kind === 'set' && edit.field === LINES);
  return areLines ? 'unjudged' : recordConcurrency(one, other);
}

export default recordsType('merged-lines', {
  kinds: ['set'],
  Entity: MergedLinesEntity,
  Replica: MergedLinesReplica,
  concurrency,
});
