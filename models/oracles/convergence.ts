// Convergence: when everything has been delivered, all members of a ledger that are to agree see the same. It looks at
// views only.

import { canonicalView, sameView } from '../documents/edit.ts';
import type { LedgerView } from '../documents/edit.ts';
import type { Finding, Parting } from '../finding.ts';
import { coreOf, type JudgedDevice, type JudgedLedger, type Moment, safetyFinding } from './judged.ts';
import type { PartedViews } from './parting.ts';
import { firstDifference, shortView } from './view-difference.ts';

/** Ledgers whose replicas store at most so much are compared view by view, larger ones by digest first. */
const DIGEST_FROM_BYTES = 16 * 1024;

/** Tells at which edit two views part, where somebody knows. */
export type PartingFinder = (views: PartedViews, members: readonly JudgedDevice[]) => Parting | undefined;

/**
 * Compares the members of each ledger; one finding for each that differs.
 *
 * @param digestFromBytes from which size of a replica on digests are asked for, where the type has them; 0 where there
 *   are so many ledgers that looking at every view would take longer than the run
 */
export function judgeConvergence(
  ledgers: readonly JudgedLedger[],
  atUs: number,
  event: number,
  digestFromBytes = DIGEST_FROM_BYTES,
  findParting?: PartingFinder,
): Finding[] {
  const findings: Finding[] = [];
  for (const ledger of ledgers) {
    const members = coreOf(ledger);
    const groups = groupsOf(members, digestFromBytes);
    if (groups.length <= 1) continue;
    findings.push(divergence(ledger, members, groups, { nowUs: atUs, events: event }, findParting));
  }
  return findings;
}

/** The finding that members see different things. @param groups of members that see the same, two or more */
export function divergence(
  ledger: JudgedLedger,
  members: readonly JudgedDevice[],
  groups: readonly (readonly JudgedDevice[])[],
  moment: Moment,
  findParting?: PartingFinder,
): Finding {
  const [majority, minority] = bySize(groups);
  const first = majority![0]!;
  const odd = minority![0]!;
  const [one, other] = [first.view(), odd.view()];
  const difference = firstDifference(one, other);
  const { place, part } = difference;
  const detail = {
    groups: groups.map((group) => group.map((device) => device.index)),
    place,
    [`device ${first.index}`]: shortView(difference.one),
    [`device ${odd.index}`]: shortView(difference.other),
  };
  const parting = findParting?.({ place, one, other }, members);
  return safetyFinding('convergence', part, moment, ledger, groups.flat(), detail, parting);
}

/** The largest group stands for what is right; with equal sizes the one of the lowest device. */
export function bySize<D>(groups: readonly (readonly D[])[]): (readonly D[])[] {
  return [...groups].sort((one, other) => other.length - one.length);
}

/** Members whose views are given, by what they see; in order of their lowest device. */
export function groupsByView(members: readonly JudgedDevice[], views: readonly LedgerView[]): JudgedDevice[][] {
  const groups: { view: LedgerView; devices: JudgedDevice[] }[] = [];
  for (const [at, device] of members.entries()) {
    const view = views[at]!;
    const group = groups.find((each) => sameView(each.view, view));
    if (group === undefined) groups.push({ view, devices: [device] });
    else group.devices.push(device);
  }
  return groups.map(({ devices }) => devices);
}

/** Members that see the same, together; in order of their lowest device. */
function groupsOf(members: readonly JudgedDevice[], digestFromBytes: number): JudgedDevice[][] {
  const groups = new Map<string, JudgedDevice[]>();
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
  const byView = new Map<string, JudgedDevice[]>();
  for (const group of groups.values()) {
    const key = canonicalView(group[0]!.view());
    byView.set(key, [...(byView.get(key) ?? []), ...group]);
  }
  const inOrder = (one: JudgedDevice, other: JudgedDevice): number => one.index - other.index;
  return [...byView.values()].map((group) => group.sort(inOrder)).sort(([one], [other]) => inOrder(one!, other!));
}
