// Convergence: when everything has been delivered, all members of a ledger see the same. It looks at views only.

import { canonicalView } from '../documents/edit.ts';
import type { Device, Ledger } from '../device.ts';
import type { Finding } from '../finding.ts';
import { firstDifference, shortView } from './view-difference.ts';

/** Ledgers whose replicas store at most so much are compared view by view, larger ones by digest first. */
const DIGEST_FROM_BYTES = 16 * 1024;

/**
 * Compares the members of each ledger; one finding for each that differs.
 *
 * @param digestFromBytes from which size of a replica on digests are asked for, where the type has them; 0 where there
 *   are so many ledgers that looking at every view would take longer than the run
 */
export function judgeConvergence(
  ledgers: readonly Ledger[],
  atUs: number,
  event: number,
  digestFromBytes = DIGEST_FROM_BYTES,
): Finding[] {
  const findings: Finding[] = [];
  for (const ledger of ledgers) {
    const groups = groupsOf(ledger.members, digestFromBytes);
    if (groups.length <= 1) continue;
    // The largest group stands for what is right; with equal sizes the one of the lowest device.
    const [majority, ...others] = [...groups].sort((one, other) => other.length - one.length);
    const first = majority![0]!;
    const odd = others[0]![0]!;
    const difference = firstDifference(first.view(), odd.view());
    findings.push({
      oracle: 'convergence',
      kind: 'safety',
      signature: `convergence:${difference.part}`,
      atUs,
      event,
      devices: groups.flat().map((device) => device.index),
      documents: [ledger.id],
      detail: {
        groups: groups.map((group) => group.map((device) => device.index)),
        place: difference.place,
        [`device ${first.index}`]: shortView(difference.one),
        [`device ${odd.index}`]: shortView(difference.other),
      },
    });
  }
  return findings;
}

/** Members that see the same, together; in order of their lowest device. */
function groupsOf(members: readonly Device[], digestFromBytes: number): Device[][] {
  const groups = new Map<string, Device[]>();
  // A digest is asked for only where views are large: comparing the views themselves is what the oracle is for.
  const [first] = members;
  const byDigest = first?.replica.viewDigest !== undefined && first.storedBytes() > digestFromBytes;
  for (const device of members) {
    const key = (byDigest ? device.viewDigest() : undefined) ?? canonicalView(device.view());
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [device]);
    else group.push(device);
  }
  if (!byDigest || groups.size <= 1) return [...groups.values()];
  // Equal digests mean equal views, but equal views may have unequal digests.
  const byView = new Map<string, Device[]>();
  for (const group of groups.values()) {
    const key = canonicalView(group[0]!.view());
    byView.set(key, [...(byView.get(key) ?? []), ...group]);
  }
  const inOrder = (one: Device, other: Device): number => one.index - other.index;
  return [...byView.values()].map((group) => group.sort(inOrder)).sort(([one], [other]) => inOrder(one!, other!));
}
