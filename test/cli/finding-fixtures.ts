// Documents that misbehave, and findings of a real hunt, for tests of hunting, shrinking and replaying.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Io } from '../../cli/io.ts';
import { recordingIo } from './recorded-result.ts';

const LWW = new URL('../../models/documents/lww.ts', import.meta.url).href;

/** A document type with a planted bug that many a storm shows. */
export const PREFER_LOCAL = fileURLToPath(new URL('../../models/documents/specimens/prefer-local.ts', import.meta.url));

/** Writes documents that do something when one replica in fifty is made. */
export function misbehaving(folder: string, name: string, action: string): string {
  const create = `create(init) { if (init.random() < 0.02) { ${action} } return lww.create(init); }`;
  return documentsFile(folder, name, `export default { ...lww, name: '${name}', ${create} };`);
}

/** Writes a module that may use `lww`. */
export function documentsFile(folder: string, name: string, text: string): string {
  writeFileSync(join(folder, `${name}.ts`), `import lww from ${JSON.stringify(LWW)};\n${text}\n`);
  return `./${name}.ts`;
}

/** Runs a command with its own engine in a folder; a thrown error is kept as text. */
export async function inFolder(
  command: (args: readonly string[], io: Io) => Promise<number>,
  folder: string,
  args: readonly string[],
  change: Partial<Io> = {},
): Promise<{ code: number | undefined; thrown: string; stdout: string; stderr: string }> {
  const io = recordingIo({ cwd: folder, nowMs: () => performance.now(), ...change });
  let code: number | undefined;
  let thrown = '';
  try {
    code = await command(args, io);
  } catch (error) {
    thrown = (error as Error).message;
  }
  return { code, thrown, stdout: io.stdout, stderr: io.stderr };
}
