// A specimen with a planted bug: a count reads the total, adds to it and writes it back, so that of concurrent counts
// only one is kept, though the type says that both are.

import type { Edit, EntityView } from '../edit.ts';
import type { Operation } from './record-changes.ts';
import { RecordEntity } from './record-entity.ts';
import { RecordsReplica, recordsType } from './records.ts';

export { default as sibling } from './records.ts';

/** Begins the names of registers that hold totals; no field's name has it. */
const TOTAL = '#';

class RegisterCounterEntity extends RecordEntity {
  override view(): EntityView {
    const { fields, ...view } = super.view();
    for (const [name, value] of Object.entries(fields ?? {})) {
      if (name.startsWith(TOTAL)) (view.counters ??= {})[name.slice(TOTAL.length)] = Number(value);
      else ((view as EntityView).fields ??= {})[name] = value;
    }
    return view;
  }
}

class RegisterCounterReplica extends RecordsReplica {
  protected override operationOf(edit: Edit): Operation | undefined {
    const operation = super.operationOf(edit);
    if (operation?.kind !== 'count') return operation;
    const { entity, by } = operation;
    const field = TOTAL + operation.field;
    const total = Number(this.entities.get(entity)?.fields.get(field)?.value ?? 0);
    // The bug: what others add at the same time is not in this total.
    return { kind: 'set', entity, field, value: total + by };
  }
}

export default recordsType('register-counter', { Entity: RegisterCounterEntity, Replica: RegisterCounterReplica });
