// `squall workload fit`: makes a profile of a record of arrivals, and says how well it fits. It must not know how records
// are read, nor how they are fitted.
import { nearestName } from '../../scenarios/nearest.ts';
import { InputError } from '../../sim/errors.ts';
import { visibleLine } from '../../sim/visible-text.ts';
import { answersItself } from '../asked.ts';
import { flagHelp } from '../command-flags.ts';
import { checkTarget, writeWhole } from '../files.ts';
import { parseArguments } from '../flags.ts';
import { guardedIo } from '../guarded-io.ts';
import { type Io, wantsColours } from '../io.ts';
import { painter } from '../report/format.ts';

/**
 * Fits a workload to a record.
 * @param args what stands after `squall workload`
 * @returns the exit code
 * @throws InputError before anything was written
 */
export async function workloadCommand(args: readonly string[], surroundings: Io): Promise<number> {
  const io = guardedIo(surroundings);
  const parsed = parseArguments('workload', args);
  if (await answersItself(parsed, io, helpText)) return 0;
  const [action, file] = parsed.positionals;
  if (action !== 'fit') {
    const near = action === undefined ? undefined : nearestName(action, ['fit']);
    throw new InputError('action', action, near === undefined ? 'fit' : 'fit (did you mean fit?)');
  }
  if (file === undefined) throw new InputError('arrivals', undefined, 'a file: .csv, .ndjson or an access log');
  const output = parsed.text('output');
  const json = parsed.text('json');
  if (output !== undefined) {
    // What --profile takes for a name rather than a file would be no profile of ours.
    if (!output.endsWith('.json')) throw new InputError('--output', output, 'a file that ends in .json', 'ERR_FILE');
    checkTarget('--output', output, io.cwd);
  }
  if (json !== undefined) checkTarget('--json', json, io.cwd);

  const { readArrivals } = await import('../arrivals/read.ts');
  const { fitWorkload, profileOf } = await import('../../scenarios/arrivals/fit.ts');
  const { arrivals, remarks } = readArrivals('arrivals', file, io.cwd);
  for (const remark of remarks) io.err(`arrivals: ${remark}\n`);
  const fit = fitWorkload(arrivals);
  const profile = profileOf(fit);
  const text = `${JSON.stringify(profile, null, 2)}\n`;
  if (json !== undefined) writeWhole('--json', json, `${JSON.stringify({ ...fit, profile }, null, 2)}\n`, io.cwd);
  if (output !== undefined) writeWhole('--output', output, text, io.cwd);
  const { fitText } = await import('../arrivals/fit-text.ts');
  // What is asked for on standard output must be readable by a tool: the words go to the other one.
  const say = output === undefined ? (words: string) => io.err(words) : (words: string) => io.out(words);
  if (!parsed.has('quiet')) say(fitText(fit, painter(wantsColours(io) && output !== undefined)));
  if (output === undefined) io.out(text);
  else if (!parsed.has('quiet')) {
    const name = /[/\\]/.test(output) ? output : `./${output}`;
    io.out(
      `written to ${visibleLine(output)}\nrun it with:\n  npx squall run fitted-workload --profile ${visibleLine(name)}\n`,
    );
  }
  return 0;
}

function helpText(): string {
  return [
    'squall workload fit <arrivals> [flags]   a profile of a record of requests, for scenario fitted-workload',
    '',
    'The record is CSV (time,user,operation,bytes), NDJSON with the same keys, or an access log. Users are hashed as',
    'they are read, with a key that nobody keeps; payloads are never looked at.',
    '',
    ...flagHelp('workload'),
    '',
    'exit codes: 0 fitted, 2 bad input, 3 a bug',
    '',
  ].join('\n');
}
