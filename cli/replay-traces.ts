// Writes the story of a replayed finding for the viewers of others: Perfetto and ShiViz. It must not know how a trace is
// laid out.

import type { DocumentType } from '../models/documents/port.ts';
import type { FindingFile } from '../scenarios/search/finding-file.ts';
import { checkTarget, writeWhole } from './files.ts';
import type { Arguments } from './flags.ts';
import type { Io } from './io.ts';
import type { SpaceTime } from './report/space-time.ts';

interface Format {
  readonly flag: 'perfetto' | 'shiviz';
  readonly opensIt: string;
  readonly write: (picture: SpaceTime, title: string) => Promise<string>;
}

const FORMATS: readonly Format[] = [
  {
    flag: 'perfetto',
    opensIt: 'https://ui.perfetto.dev',
    write: async (picture, title) => (await import('./report/perfetto.ts')).perfettoTrace(picture, title),
  },
  {
    flag: 'shiviz',
    opensIt: 'https://bestchai.bitbucket.io/shiviz/',
    write: async (picture) => (await import('./report/shiviz.ts')).shivizLog(picture),
  },
];

/** @throws InputError for a file that cannot be written, before anything ran */
export function checkTraces(parsed: Arguments, cwd: string): void {
  for (const { flag } of FORMATS) {
    const file = parsed.text(flag);
    if (file !== undefined) checkTarget(`--${flag}`, file, cwd);
  }
}

/** Writes the traces that were asked for, and says what opens them. */
export async function writeTraces(
  name: string,
  file: FindingFile,
  documents: DocumentType,
  parsed: Arguments,
  io: Io,
): Promise<void> {
  const asked = FORMATS.filter(({ flag }) => parsed.has(flag));
  if (asked.length === 0) return;
  const { spaceTimeOf } = await import('./report/space-time-of.ts');
  const picture = spaceTimeOf(file, documents);
  for (const { flag, opensIt, write } of asked) {
    const target = parsed.text(flag)!;
    writeWhole(`--${flag}`, target, await write(picture, `${file.finding.signature} (${name})`), io.cwd);
    io.out(`\nwritten to ${target}; open it at ${opensIt}\n`);
  }
}
