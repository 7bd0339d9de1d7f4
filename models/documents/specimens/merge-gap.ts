// A specimen with a planted bug: merging changes stops at the first gap in an author's numbers and drops what comes
// after it, yet the merged change claims all that went in.

import { decodeJson, encodeMerged, gather, type Change, type Merged, versionText } from './record-changes.ts';
import { recordsType } from './records.ts';

export { default as sibling } from './records.ts';

/** What a message has in it by its own account, as [actor, number]. */
function countsOf(message: Uint8Array): [actor: number, number: number][] {
  const content = decodeJson(message) as Change | Merged;
  if (!('version' in content)) return [[content.actor, content.number]];
  const pairs = content.version === '' ? [] : content.version.split(' ');
  return pairs.map((pair) => pair.split(':').map(Number) as [number, number]);
}

function mergeNeighbours(messages: readonly Uint8Array[]): Uint8Array {
  const changes: Change[] = [];
  for (const change of gather(messages)) {
    const last = changes.at(-1);
    // The bug: a change that is no neighbour is not kept for when the gap is closed, but is claimed all the same.
    if (last?.actor !== change.actor || last.number + 1 === change.number) changes.push(change);
  }
  const claimed = new Map<number, number>();
  for (const [actor, number] of messages.flatMap(countsOf)) {
    claimed.set(actor, Math.max(claimed.get(actor) ?? 0, number));
  }
  return encodeMerged({ version: versionText(claimed), changes });
}

export default recordsType('merge-gap', { merge: mergeNeighbours });
