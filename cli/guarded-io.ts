// On GitHub the runner reads what a step prints for commands of its own. What a name could smuggle into a line is made
// harmless here, and only what we mean as a command goes past. It must not know what is printed.

import type { Io } from './io.ts';

/** Whether a workflow of GitHub runs this. */
export function isOnGitHub({ env }: Pick<Io, 'env'>): boolean {
  return env['GITHUB_ACTIONS'] === 'true';
}

/** Surroundings whose output the runner takes no command from, with a way past that. */
interface GuardedIo extends Io {
  command(line: string): void;
}

/** Surroundings in which nothing that is printed is a workflow command; anywhere but on GitHub they are as they were. */
export function guardedIo(io: Io): Io {
  if (!isOnGitHub(io) || 'command' in io) return io;
  const [out, err] = [guard((text) => io.out(text)), guard((text) => io.err(text))];
  const guarded: GuardedIo = { ...io, out, err, command: (line) => io.out(line) };
  return guarded;
}

/** Prints a workflow command, one line. */
export function annotate(io: Io, line: string): void {
  if ('command' in io) (io as GuardedIo).command(line);
  else io.out(line);
}

/** A writer that knows where lines begin, also where one comes in pieces. */
function guard(write: (text: string) => void): (text: string) => void {
  // Of the line so far: nothing but spaces, how many colons after those, how many hash signs last.
  let isBlank = true;
  let colons = 0;
  let hashes = 0;
  return (text) => {
    let harmless = '';
    for (const character of text) {
      const isCommand = character === ':' ? colons === 1 : character === '[' && hashes >= 2;
      // A backslash shows that something was there.
      harmless += isCommand ? `\\${character}` : character;
      if (character === '\n' || character === '\r') {
        isBlank = true;
        colons = hashes = 0;
        continue;
      }
      colons = character === ':' && isBlank ? 1 : 0;
      isBlank &&= /\s/.test(character);
      hashes = character === '#' ? hashes + 1 : 0;
    }
    write(harmless);
  };
}
