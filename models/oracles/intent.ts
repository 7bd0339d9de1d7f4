// Intent: an accepted edit's effect is there, unless an edit that had seen it undid it, or concurrency did as the type
// declares; and what was removed by an edit that had seen it stays away. Better silent than false.

import type { ChangeTable } from '../change-table.ts';
import type { LedgerView } from '../documents/edit.ts';
import type { Finding } from '../finding.ts';
import { entityIn } from './effects.ts';
import { lifeComplaint } from './intent-life.ts';
import { listComplaints, textComplaints, uniqueCharacters } from './intent-sequences.ts';
import { counterComplaints, fieldComplaints, tagComplaints } from './intent-values.ts';
import { type JudgedDevice, type JudgedLedger, type Moment, safetyFinding } from './judged.ts';
import type { Complaint, LedgerActs } from './ledger-acts.ts';
import { partingAt } from './parting.ts';

/** All that can be held against a view in which every accepted edit is merged, those of the causality oracle too. */
export function* complaintsAbout(acts: LedgerActs, view: LedgerView): Generator<Complaint, void> {
  const unique = uniqueCharacters(acts.all);
  for (const entity of acts.entities.values()) {
    if (!entity.isJudged) continue;
    const shown = entityIn(view, entity.entity);
    const complaint = lifeComplaint(acts, entity, shown);
    if (complaint !== undefined) yield complaint;
    if (shown === undefined) continue;
    yield* fieldComplaints(acts, entity, shown);
    yield* tagComplaints(acts, entity, shown);
    yield* counterComplaints(acts, entity, shown);
    yield* textComplaints(acts, entity, shown, unique);
    yield* listComplaints(acts, entity, shown);
  }
}

/** Whose view complaints are about, and when. */
export interface Accused {
  readonly ledger: JudgedLedger;
  /** Those who show that view. */
  readonly devices: readonly JudgedDevice[];
  readonly table: ChangeTable;
  readonly moment: Moment;
}

/** Complaints of one oracle as findings: the first of each signature. */
export function complaintFindings(
  oracle: Complaint['oracle'],
  complaints: readonly Complaint[],
  { ledger, devices, table, moment }: Accused,
): Finding[] {
  const findings = new Map<string, Finding>();
  for (const complaint of complaints) {
    const { what, place, expected, found, act, against } = complaint;
    if (complaint.oracle !== oracle || findings.has(what)) continue;
    const detail = {
      place,
      expected,
      found,
      edit: act.edit,
      author: act.deed.device,
      ...(against !== undefined && { against: against.edit, againstAuthor: against.deed.device }),
    };
    const parting = partingAt(act, ledger.members, table);
    findings.set(what, safetyFinding(oracle, what, moment, ledger, devices, detail, parting));
  }
  return [...findings.values()];
}

/** Edits that are lost though nothing undid them, and undone ones that are back. */
export function judgeIntent(complaints: readonly Complaint[], accused: Accused): Finding[] {
  return complaintFindings('intent', complaints, accused);
}
