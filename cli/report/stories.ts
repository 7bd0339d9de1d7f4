// The space-time pictures of the finding files of a report. A file whose documents cannot be had, or do not run, has none,
// and the report stands without it. It must not know how a picture is drawn.

import type { DocumentType } from '../../models/documents/port.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import { isFileName } from '../files.ts';
import type { Reported } from './reported.ts';
import type { SpaceTime } from './space-time.ts';

/**
 * The picture of each finding file that can be carried out again.
 * @param cwd the folder that names of documents' files start from
 * @param runsFiles whether documents' files are loaded, which is to run them; otherwise their findings have no picture
 */
export async function storiesOf(
  subjects: readonly Reported[],
  cwd: string,
  runsFiles: boolean,
): Promise<ReadonlyMap<FindingFile, SpaceTime>> {
  const stories = new Map<FindingFile, SpaceTime>();
  const files = new Set(subjects.flatMap(filesOf));
  if (files.size === 0) return stories;
  const { installGuard } = await import('../../sim/guard.ts');
  const { spaceTimeOf } = await import('./space-time-of.ts');
  installGuard();
  for (const file of files) {
    if (isFileName(file.documents) && !runsFiles) continue;
    try {
      stories.set(file, spaceTimeOf(file, await documentsOf(file, cwd)));
    } catch {
      // What stands in the file is told all the same.
    }
  }
  return stories;
}

function filesOf(subject: Reported): readonly FindingFile[] {
  if (subject.kind === 'finding') return [subject.file];
  return subject.kind === 'hunt' ? [...subject.files.values()] : [];
}

async function documentsOf({ documents }: FindingFile, cwd: string): Promise<DocumentType> {
  if (isFileName(documents)) {
    const { loadDocumentsFile } = await import('../input.ts');
    return loadDocumentsFile(documents, cwd);
  }
  const { loadDocuments } = await import('../../scenarios/documents.ts');
  return loadDocuments(documents);
}
