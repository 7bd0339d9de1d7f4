// Which calls of a tape some replicas' states depend on: their own, and those that made the bytes that they were given.
// It must not know what the calls do.
import {
  CHANGING_CALLS,
  type DocumentTape,
  type TapedCall,
  type TapeEntry,
} from '../../scenarios/search/document-tape.ts';

/** Whether a call may change what a replica holds. */
export function isChanging(call: TapedCall): boolean {
  return (CHANGING_CALLS as readonly TapedCall[]).includes(call);
}

/**
 * The entries that are needed, in order.
 *
 * @param until for each replica that is looked at the entry before which its calls count
 * @param also entries that come after them: what they were given is needed, they are not
 * @param whole also entries that nothing depends on, and questions: of all replicas, before the last one that is needed
 */
export function sliceOf(
  tape: DocumentTape,
  until: ReadonlyMap<number, number>,
  also: readonly TapeEntry[] = [],
  whole = false,
): TapeEntry[] {
  const reached = new Map<number, number>();
  const wanted = new Set<number>();
  const open: [replica: number, until: number][] = [...until];
  const want = (entry: TapeEntry): void => {
    if (wanted.has(entry.index)) return;
    wanted.add(entry.index);
    wantMakers(entry);
  };
  const wantMakers = (entry: TapeEntry): void => {
    for (const number of entry.took) {
      const { madeBy } = tape.bytes[number]!;
      const maker = madeBy === undefined ? undefined : tape.entries[madeBy];
      if (maker === undefined) continue;
      want(maker);
      if (maker.replica >= 0) open.push([maker.replica, maker.index + 1]);
    }
  };
  for (const entry of also) wantMakers(entry);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [replica, end] = next;
    const from = reached.get(replica) ?? 0;
    if (end <= from) continue;
    reached.set(replica, end);
    for (let index = from; index < end; index++) {
      const entry = tape.entries[index]!;
      if (entry.replica === replica && isChanging(entry.call)) want(entry);
    }
  }
  const last = Math.max(-1, ...wanted);
  return tape.entries.filter(({ index, call }) => {
    if (wanted.has(index)) return true;
    return whole && index <= last && call !== 'dispose';
  });
}
