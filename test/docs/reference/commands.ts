// The reference of commands: what each takes, its flags, and the codes that it ends with, from the tables of flags and from
// what each command's help says.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type CommandName, flagHelp } from '../../../cli/command-flags.ts';
import { EXIT_MEANINGS, precedence } from './exit-codes.ts';
import { code, table, words } from './markdown.ts';

export const COMMAND_NAMES = [
  'run',
  'hunt',
  'replay',
  'shrink',
  'relay',
  'baseline',
  'report',
  'merge',
  'history',
  'calibrate',
  'capacity',
  'workload',
] as const satisfies readonly CommandName[];

/** What a command's help says beside its flags. */
export interface CommandHelp {
  readonly name: CommandName;
  /** The lines at the top: `squall run <scenario> [flags]   one seeded run`. */
  readonly usage: readonly (readonly [line: string, does: string])[];
  readonly exitCodes: readonly number[];
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const execute = promisify(execFile);

/** What a command is told that it is, by its own help, run from the sources. */
async function helpOf(name: CommandName): Promise<CommandHelp> {
  const { stdout } = await execute(process.execPath, ['cli/main.ts', name, '--help'], { cwd: root });
  const usage = stdout
    .split('\n\n')[0]!
    .split('\n')
    .filter((line) => line.startsWith('squall '))
    .map((line) => {
      const [left, does = ''] = line.split(/ {2,}/);
      return [left!, does] as const;
    });
  const said = stdout.split('exit codes:')[1] ?? '';
  const exitCodes = [...said.matchAll(/(?<![\w-])\d+(?= )/g)].map(([digits]) => Number(digits));
  return { name, usage, exitCodes: [...new Set(exitCodes)].filter((each) => EXIT_MEANINGS.has(each)) };
}

export async function allHelp(): Promise<CommandHelp[]> {
  return Promise.all(COMMAND_NAMES.map(helpOf));
}

/** The flags of a command as its help has them: what is typed, and what it is for. */
function flagRows(name: CommandName): string[][] {
  return flagHelp(name).map((line) => {
    const [, left, right] = /^ {2}(\S.*?) {2,}(\S.*)$/.exec(line)!;
    return [code(left!), words(right!)];
  });
}

export function commandsText(commands: readonly CommandHelp[]): string {
  return commands
    .map(({ name, usage, exitCodes }) => {
      const lines = usage.map(([line, does]) => (does === '' ? code(line) : `${code(line)}: ${words(does)}`));
      const codes =
        exitCodes.length === 0
          ? ''
          : `\n\nIt ends with ${exitCodes.join(', ')}; [exit codes](#exit-codes) says what each means.`;
      return `### \`squall ${name}\`\n\n${lines.map((line) => `- ${line}`).join('\n')}\n\n${table(['flag', 'what it is for'], flagRows(name))}${codes}`;
    })
    .join('\n\n');
}

export function exitCodesText(commands: readonly CommandHelp[]): string {
  const rows = [...EXIT_MEANINGS].map(([exit, meaning]) => [
    `${exit}`,
    meaning,
    commands
      .filter(({ exitCodes }) => exitCodes.includes(exit))
      .map(({ name }) => code(name))
      .join(', '),
  ]);
  return `${table(['exit', 'meaning', 'commands'], rows)}

Where several hold, the first of ${precedence().join(', ')} is given.`;
}
