// What ended a command early, as text and exit code: one line for bad input, a message and a hint for a bug.
import type { Io } from '../io.ts';
import { maskedHeader } from '../side-access.ts';

/** Says on standard error what went wrong and gives the exit code: 2 for bad input, 3 for everything else. */
export function reportFailure(error: unknown, io: Pick<Io, 'err' | 'env'>, repeat?: string): number {
  const { name, message, stack, cause } = error instanceof Error ? error : new Error(String(error));
  const isInput = name === 'InputError';
  // Of one line, and without what a file that was read could say to a terminal.
  const line = message.replaceAll(/\s*[\r\n]+\s*/g, ' ').replaceAll(/\p{Cc}/gu, '\uFFFD');
  io.err(isInput ? `${line}\n` : `squall: ${name}: ${line}\n${hintOf(name)}\n`);
  if (!isInput && repeat !== undefined) io.err(`repeat it with:\n  ${repeat}\n`);
  if (io.env['SQUALL_DEBUG'] === '1') {
    for (const text of [stack, cause instanceof Error ? cause.stack : undefined]) {
      if (text !== undefined) io.err(`${text}\n`);
    }
  }
  return isInput ? 2 : 3;
}

function hintOf(name: string): string {
  if (name === 'AmbientAccessError') {
    return 'Simulated code may read no real clock and no entropy: take time and randomness from what it is given.';
  }
  return 'This is a bug, of squall or of the scenario that was run; SQUALL_DEBUG=1 shows where.';
}

/** The command line that repeats a run, quoted for a shell, with what was drawn or found added. */
export function repeatCommand(command: string, args: readonly string[], added: readonly string[]): string {
  // A run that is repeated ends by itself.
  const shown = withoutSecrets(args).filter((arg) => arg !== '--stay');
  const end = shown.indexOf('--');
  const at = end < 0 ? shown.length : end;
  const words = ['npx', 'squall', command, ...shown.slice(0, at), ...added, ...shown.slice(at)];
  return words.map(quoted).join(' ');
}

/** The values of headers are not shown: whoever repeats a run knows them. */
function withoutSecrets(args: readonly string[]): string[] {
  return args.map((arg, at) => {
    if (args[at - 1] === '--header') return maskedHeader(arg);
    return arg.startsWith('--header=') ? `--header=${maskedHeader(arg.slice('--header='.length))}` : arg;
  });
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
