// Causality: an edit that was made with knowledge of another, in its author's current incarnation, never loses to it:
// neither a set to one that it overwrote, nor a remove or restore to what it undid. Whatever the clocks say.

import type { Finding } from '../finding.ts';
import { type Accused, complaintFindings } from './intent.ts';
import type { Complaint } from './ledger-acts.ts';

/** Edits that lost to one that their author knew. @param complaints what `complaintsAbout` gave for a view */
export function judgeCausality(complaints: readonly Complaint[], accused: Accused): Finding[] {
  return complaintFindings('causality', complaints, accused);
}
