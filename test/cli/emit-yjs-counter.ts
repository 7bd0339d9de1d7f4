// A document type of a person's own for tests of what is emitted: fields and counters in Yjs, with a planted bug: a count
// is read, added to and written back, so concurrent counts are lost. `sibling` keeps a count for each actor. Both stamp
// counts with a clock and with entropy that they bound when they were loaded, as libraries do.
import * as Y from 'yjs';
import type { Concurrency, Edit, EditKind, LedgerView } from '../../models/documents/edit.ts';
import type { DocumentType, Replica, ReplicaInit } from '../../models/documents/port.ts';

const now = Date.now;
const draw = Math.random;

class Counters implements Replica {
  readonly #doc = new Y.Doc({ guid: 'counters' });
  readonly #actor: number;
  readonly #isShared: boolean;
  #changes: Uint8Array[] = [];

  constructor({ actor }: ReplicaInit, isShared: boolean) {
    this.#actor = actor;
    this.#isShared = isShared;
    this.#doc.clientID = actor;
    this.#doc.on('update', (update: Uint8Array) => this.#changes.push(update));
  }

  edit(edit: Edit): { changes: Uint8Array[]; target: string } {
    if (edit.kind !== 'count' && edit.kind !== 'set') throw new Error(`no edits of kind ${edit.kind}`);
    const target = `${edit.entity}/${edit.field}`;
    const key = this.#isShared ? target : `${target}/${this.#actor}`;
    this.#changes = [];
    this.#doc.transact(() => {
      if (edit.kind === 'set') {
        this.#doc.getMap('fields').set(target, edit.value);
        return;
      }
      const counts = this.#doc.getMap<number>('counts');
      counts.set(key, (counts.get(key) ?? 0) + edit.by);
      this.#doc.getMap('fields').set(`${edit.entity}/stamp`, `${now()} ${draw()}`);
    });
    return { changes: this.#changes, target };
  }

  receive(changes: readonly Uint8Array[]): Uint8Array[] {
    this.#doc.clientID = 2 ** 32;
    for (const change of changes) Y.applyUpdate(this.#doc, change);
    this.#doc.clientID = this.#actor;
    return [];
  }

  view(): LedgerView {
    const view: LedgerView = {};
    for (const [key, count] of this.#doc.getMap<number>('counts')) {
      const [entity = '', field = ''] = key.split('/');
      const totals = ((view[entity] ??= {}).counters ??= {});
      totals[field] = (totals[field] ?? 0) + count;
    }
    for (const [place, value] of this.#doc.getMap<string | number | boolean>('fields')) {
      const [entity = '', field = ''] = place.split('/');
      ((view[entity] ??= {}).fields ??= {})[field] = value;
    }
    return view;
  }

  version(): string {
    return JSON.stringify(
      [...Y.decodeStateVector(Y.encodeStateVector(this.#doc))].sort(([one], [other]) => one - other),
    );
  }

  pending(): number {
    return this.#doc.store.pendingStructs === null ? 0 : 1;
  }

  save(): Uint8Array {
    return Y.encodeStateAsUpdate(this.#doc);
  }

  load(stored: Uint8Array): void {
    this.receive([stored]);
  }
}

function counters(name: string, isShared: boolean): DocumentType {
  const supports = new Map<EditKind, Concurrency>([
    ['set', 'one-wins'],
    ['count', 'keeps-both'],
  ]);
  return { name, supports, create: (init) => new Counters(init, isShared) };
}

export default counters('shared-counter', true);

export const sibling = counters('counter', false);
