// Which edits of a story conflict: those of one place whose authors did not know of each other, and those that a finding
// is about. It must not know how they are shown.

import type { Finding } from '../../models/finding.ts';
import type { Storyline } from '../../scenarios/search/storyline.ts';

interface Written {
  readonly label: string;
  readonly device: number;
  readonly ledger: number;
  readonly knew: readonly string[];
  readonly targets: readonly string[];
}

/**
 * Labels of edits that conflict. Where the finding names a place and edits conflict there, those alone; with the edit at
 * which replicas part, and the one that it stands against.
 */
export function conflictingLabels(storyline: Storyline, { detail, parting }: Finding): ReadonlySet<string> {
  const written = writtenIn(storyline);
  const place = typeof detail['place'] === 'string' ? detail['place'] : parting?.target;
  const pairs: [Written, Written][] = [];
  for (const [at, one] of written.entries()) {
    for (const other of written.slice(at + 1))
      if (areConcurrent(one, other) && meet(one, other)) pairs.push([one, other]);
  }
  const there = pairs.filter((pair) => place === undefined || pair.every((each) => touches(each, place)));
  const labels = new Set(there.flat().map(({ label }) => label));
  if (parting !== undefined) {
    const { author, incarnation, sequence } = parting;
    const change = storyline.changes.find(
      (each) => each.device === author && each.incarnation === incarnation && each.sequence === sequence,
    );
    if (change !== undefined) labels.add(change.label);
  }
  if (detail['against'] === undefined) return labels;
  for (const { device, happening } of storyline.events) {
    if (happening.what !== 'edit' || device !== detail['againstAuthor']) continue;
    if (happening.edits.some((edit) => isSame(edit, detail['against']))) labels.add(happening.label);
  }
  return labels;
}

function writtenIn({ events, changes, devices }: Storyline): Written[] {
  const ledgers = new Map(devices.map(({ index, ledger }) => [index, ledger]));
  const knew = new Map(changes.map((change) => [change.label, change.knew]));
  return events.flatMap(({ happening, device }): Written[] => {
    if (happening.what !== 'edit' || happening.isPreload || happening.change < 0) return [];
    const { label, targets } = happening;
    return [{ label, device, ledger: ledgers.get(device) ?? -1, knew: knew.get(label) ?? [], targets }];
  });
}

function areConcurrent(one: Written, other: Written): boolean {
  return one.ledger === other.ledger && !one.knew.includes(other.label) && !other.knew.includes(one.label);
}

function meet(one: Written, other: Written): boolean {
  return one.targets.some((target) => touches(other, target));
}

/** Whether an edit is of a place, of a part of it, or of the whole that it is a part of. */
function touches({ targets }: Written, place: string): boolean {
  return targets.some((target) => target === place || target.startsWith(`${place}/`) || place.startsWith(`${target}/`));
}

/** Equal plain data, whatever the order of its keys. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other;
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  return keys.length === others.length && keys.every((key) => isSame(Reflect.get(one, key), Reflect.get(other, key)));
}
