// What a Y.Doc, or an update by itself, holds: runs of each author's clock, and what is deleted. As text it is the
// same for all that hold the same, whatever is still held back. It must not know what the document means.

import * as Y from 'yjs';
import { InputError } from '../../sim/errors.ts';

/** From one tick of a client's clock up to, but without, another. */
interface Run {
  readonly from: number;
  readonly to: number;
}

type Runs = Map<number, Run[]>;

function add(runs: Runs, client: number, from: number, to: number): void {
  const known = runs.get(client);
  if (known === undefined) runs.set(client, [{ from, to }]);
  else known.push({ from, to });
}

/** The runs in order, those that touch or overlap as one. */
function joined(runs: readonly Run[]): Run[] {
  const list: Run[] = [];
  for (const run of [...runs].sort((one, other) => one.from - other.from)) {
    const last = list.at(-1);
    if (last === undefined || run.from > last.to) list.push(run);
    else if (run.to > last.to) list[list.length - 1] = { from: last.from, to: run.to };
  }
  return list;
}

function addStructs(runs: Runs, structs: ReturnType<typeof Y.decodeUpdate>['structs']): void {
  for (const struct of structs) {
    if (struct instanceof Y.Skip) continue;
    const { client, clock } = struct.id;
    add(runs, client, clock, clock + struct.length);
  }
}

type DeleteSet = ReturnType<typeof Y.createDeleteSet>;

/** What is deleted, and what is to be deleted once it is there. */
function deletesOf(doc: Y.Doc): DeleteSet {
  const applied = Y.createDeleteSetFromStructStore(doc.store);
  const { pendingDs } = doc.store;
  return pendingDs === null ? applied : Y.mergeDeleteSets([applied, Y.decodeUpdateV2(pendingDs).ds]);
}

/** One step of a 32-bit hash (the body of MurmurHash3). */
function mixed(hash: number, word: number): number {
  const scattered = Math.imul(word, 0xcc9e2d51);
  const turned = Math.imul((scattered << 15) | (scattered >>> 17), 0x1b873593) ^ hash;
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0;
}

/** Number of deleted elements and a 64-bit hash of which they are. */
function deletesText(deletes: DeleteSet): string {
  let count = 0;
  let [one, other] = [0, 0x9e3779b9];
  for (const client of [...deletes.clients.keys()].sort((a, b) => a - b)) {
    for (const { clock, len } of deletes.clients.get(client)!) {
      count += len;
      for (const word of [client, clock, len]) {
        one = mixed(one, word);
        other = mixed(other, word ^ one);
      }
    }
  }
  const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, '0');
  return count === 0 ? '' : `-${count}.${hex(one)}${hex(other)}`;
}

function versionText(runs: Runs, deletes: DeleteSet): string {
  const parts: string[] = [];
  for (const client of [...runs.keys()].sort((one, other) => one - other)) {
    const list = joined(runs.get(client)!);
    const first = list[0]!.from === 0 ? list.shift()!.to : 0;
    const beyond = list.map(({ from, to }) => `+${from}..${to}`);
    parts.push(`${client}:${first}${beyond.join('')}`);
  }
  return `${parts.join(' ')} ${deletesText(deletes)}`.trim();
}

/**
 * What a document holds, what it holds back included: `client:clock` for each client in order, with `+from..to` for what
 * lies beyond a gap; then the number and a hash of what is deleted.
 */
export function versionOfDoc(doc: Y.Doc): string {
  const runs: Runs = new Map();
  for (const client of doc.store.clients.keys()) add(runs, client, 0, Y.getState(doc.store, client));
  const { pendingStructs } = doc.store;
  if (pendingStructs !== null) addStructs(runs, Y.decodeUpdateV2(pendingStructs.update).structs);
  return versionText(runs, deletesOf(doc));
}

/**
 * What an update claims to hold, in the words of `versionOfDoc`: clocks as Yjs reads them off an update without a
 * document, as a server does that keeps updates alone.
 *
 * @param doc one to which this update, and nothing else, was applied: which of two concurrent values of a key goes is
 *   known only there
 */
export function versionOfUpdate(update: Uint8Array, doc: Y.Doc): string {
  const runs: Runs = new Map();
  const claimed = Y.decodeStateVector(Y.encodeStateVectorFromUpdate(update));
  for (const [client, clock] of claimed) add(runs, client, 0, clock);
  const beyond = Y.decodeUpdate(update).structs.filter(({ id }) => id.clock >= (claimed.get(id.client) ?? 0));
  addStructs(runs, beyond);
  return versionText(runs, deletesOf(doc));
}

/** The state vector in a version, as Yjs encodes it. @throws InputError for a text that is no version */
export function stateVectorOf(version: string): Uint8Array {
  const clocks = new Map<number, number>();
  for (const part of version.split(' ')) {
    if (part === '' || part.startsWith('-')) continue;
    const [, client, clock] = /^(\d+):(\d+)(?:\+\d+\.\.\d+)*$/.exec(part) ?? [];
    if (client === undefined) throw new InputError('yjs version', version, 'client:clock …', 'ERR_DOCUMENT');
    if (clock !== '0') clocks.set(Number(client), Number(clock));
  }
  return Y.encodeStateVector(clocks);
}

/** Items and deletes that are held back for something that they depend on. */
export function countPending(doc: Y.Doc): number {
  const { pendingStructs, pendingDs } = doc.store;
  let count = 0;
  if (pendingStructs !== null) {
    for (const struct of Y.decodeUpdateV2(pendingStructs.update).structs) if (!(struct instanceof Y.Skip)) count += 1;
  }
  if (pendingDs !== null) {
    for (const deletes of Y.decodeUpdateV2(pendingDs).ds.clients.values()) count += deletes.length;
  }
  return count;
}
