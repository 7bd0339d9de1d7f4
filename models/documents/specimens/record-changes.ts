// Changes of the record documents that specimens are made of: operations with an author, the author's number for them
// and a stamp, as JSON; several merged into one; versions. It must not know what changes do to a record.

/** What a change does. Removing a tag names the adds that its author saw: [actor, stamp] of each. */
export type Operation =
  | { kind: 'set'; entity: string; field: string; value: string | number | boolean }
  | { kind: 'remove' | 'restore'; entity: string }
  | { kind: 'tag-add'; entity: string; tag: string }
  | { kind: 'tag-remove'; entity: string; tag: string; seen: [actor: number, stamp: number][] }
  | { kind: 'count'; entity: string; field: string; by: number };

export interface Change {
  readonly actor: number;
  /** Counts the changes of one actor, from 1. */
  readonly number: number;
  readonly stamp: number;
  readonly operation: Operation;
}

/** How many changes of each actor are held, without a gap from the first. */
export type Known = ReadonlyMap<number, number>;

/** Several changes as one. */
export interface Merged {
  /** What it claims to hold: as the text of a version. */
  readonly version: string;
  readonly changes: readonly Change[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

export function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes));
}

/** The changes in what one edit made, or in what was merged. */
export function decodeChanges(bytes: Uint8Array): readonly Change[] {
  const message = decodeJson(bytes) as Change | Merged;
  return 'changes' in message ? message.changes : [message];
}

/** One text for all that hold the same changes. */
export function versionText(known: Known): string {
  const counts = [...known].sort(([one], [other]) => one - other);
  return counts.map(([actor, count]) => `${actor}:${count}`).join(' ');
}

/** All changes of these messages, each once, by actor and number. */
export function gather(messages: readonly Uint8Array[]): Change[] {
  const sorted = messages
    .flatMap(decodeChanges)
    .sort((one, other) => one.actor - other.actor || one.number - other.number);
  return sorted.filter(({ actor, number }, index) => {
    const before = sorted[index - 1];
    return before?.actor !== actor || before.number !== number;
  });
}

/** What a replica that has nothing else would hold of these changes, given by actor and number. */
export function knownOf(changes: readonly Change[]): Known {
  const known = new Map<number, number>();
  for (const { actor, number } of changes) if (number === (known.get(actor) ?? 0) + 1) known.set(actor, number);
  return known;
}

export function encodeMerged(merged: Merged): Uint8Array {
  return encodeJson(merged);
}

/** Messages as one message, which claims what can be used of it without any other. */
export function mergeChanges(messages: readonly Uint8Array[]): Uint8Array {
  const changes = gather(messages);
  return encodeMerged({ version: versionText(knownOf(changes)), changes });
}

/** What a message claims to hold. */
export function claimedVersion(bytes: Uint8Array): string {
  const message = decodeJson(bytes) as Change | Merged;
  return 'version' in message ? message.version : versionText(knownOf([message]));
}
