// Finding files that stand beside a replay or a hunt which tells of them: each counts once, where its verdict is. It must
// not know what a verdict is made of.

import { basename } from 'node:path';
import type { Report, Reported } from './reported.ts';

/** A report on subjects, in which nothing counts twice. */
export function reportOn(subjects: readonly Reported[], stories: Report['stories'] = new Map()): Report {
  return { subjects: subjects.map((subject) => told(subject, subjects)), stories };
}

function told(subject: Reported, subjects: readonly Reported[]): Reported {
  if (subject.kind !== 'finding') return subject;
  const teller = subjects.find((each) => tells(each, subject));
  return teller === undefined ? subject : { ...subject, toldBy: `${teller.kind} ${teller.name}` };
}

/** Whether a subject tells of a finding file: by its name, or by what was found where it may lie elsewhere now. */
function tells(teller: Reported, { name, file }: Extract<Reported, { kind: 'finding' }>): boolean {
  const { signature } = file.finding;
  switch (teller.kind) {
    case 'replay':
      return teller.result.files.some(
        (each) => each.file === name || (each.signature === signature && basename(each.file) === basename(name)),
      );
    case 'hunt':
      return (
        teller.result.scenario === file.scenario && teller.result.findings.some((each) => each.signature === signature)
      );
    default:
      return false;
  }
}
