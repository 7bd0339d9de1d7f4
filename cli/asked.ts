// What every command answers without doing anything: its help, and the version. It must not know any command.
import { TOOL } from '../scenarios/version.ts';
import type { Arguments } from './flags.ts';
import type { Io } from './io.ts';

/**
 * Prints the help or the version where it was asked for.
 * @returns whether that was all that was asked for
 */
export async function answersItself(
  parsed: Arguments,
  io: Pick<Io, 'out'>,
  help: () => string | Promise<string>,
): Promise<boolean> {
  if (parsed.has('help')) io.out(await help());
  else if (parsed.has('version')) io.out(`${TOOL.version}\n`);
  else return false;
  return true;
}
