// The command line `squall`: finds the command that was asked for, and turns whatever it throws into a line and an exit
// code. Each command loads only when it is asked for.
import { nearestName } from '../scenarios/nearest.ts';
import { TOOL } from '../scenarios/version.ts';
import { InputError } from '../sim/errors.ts';
import { guardedIo } from './guarded-io.ts';
import { type Io, processIo } from './io.ts';
import { reportFailure } from './report/failure.ts';

type Command = (args: readonly string[], io: Io) => Promise<number>;

/** What each command does, for help, and where it is. */
const COMMANDS: Readonly<Record<string, { help: string; load(): Promise<Command> }>> = {
  run: {
    help: 'run <scenario>          one seeded run',
    load: async () => (await import('./commands/run.ts')).runCommand,
  },
  hunt: {
    help: 'hunt <scenario>         many seeds; each distinct finding is shrunk and kept',
    load: async () => (await import('./commands/hunt.ts')).huntCommand,
  },
  replay: {
    help: 'replay <file…|folder>   exactly that run again',
    load: async () => (await import('./commands/replay.ts')).replayCommand,
  },
  shrink: {
    help: 'shrink <file…>          makes kept findings smaller',
    load: async () => (await import('./commands/shrink.ts')).shrinkCommand,
  },
  relay: {
    help: 'relay                   serves a real relay, until it is stopped',
    load: async () => (await import('./commands/relay.ts')).relayCommand,
  },
  baseline: {
    help: 'baseline check|update   compares runs with the committed ones, or makes those anew',
    load: async () => (await import('./commands/baseline.ts')).baselineCommand,
  },
  report: {
    help: 'report <result…>        HTML, Markdown, JUnit, HDR logs of results',
    load: async () => (await import('./commands/report.ts')).reportCommand,
  },
  merge: {
    help: 'merge <results…>        makes one result of a sharded hunt',
    load: async () => (await import('./commands/merge.ts')).mergeCommand,
  },
  capacity: {
    help: 'capacity <scenario>     the largest load that keeps its objectives, and what runs out first',
    load: async () => (await import('./commands/capacity.ts')).capacityCommand,
  },
  workload: {
    help: 'workload fit <record>   makes a profile of recorded requests, and says how well it fits',
    load: async () => (await import('./commands/workload.ts')).workloadCommand,
  },
  history: {
    help: 'history                 runs that were kept, and how their figures went',
    load: async () => (await import('./commands/history.ts')).historyCommand,
  },
  calibrate: {
    help: 'calibrate               measures a real relay, for the modelled one',
    load: async () => (await import('./commands/calibrate.ts')).calibrateCommand,
  },
};

function helpText(): string {
  return [
    'squall: storms devices, documents and relays in virtual time; one seed is one run, byte for byte',
    '',
    ...Object.values(COMMANDS).map(({ help }) => `  squall ${help}`),
    '',
    'squall <command> --help lists its flags. For a start:',
    '  squall run sync-relay --profile light --seed 42',
    '  squall hunt crdt-conflicts --seeds 1..500',
    '',
  ].join('\n');
}

async function main(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    io.out(helpText());
    return 0;
  }
  if (name === '--version') {
    io.out(`${TOOL.version}\n`);
    return 0;
  }
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return (await command.load())(rest, io);
  const names = Object.keys(COMMANDS);
  const near = name === undefined ? undefined : nearestName(name, names);
  const hint = near === undefined ? 'squall --help lists all' : `did you mean ${near}?`;
  throw new InputError('command', name, `${names.length === 1 ? '' : 'one of '}${names.join(', ')} (${hint})`);
}

const io = guardedIo(processIo());
let hasEnded = false;
// A stray rejection is a bug too: without this, Node would end with 1, the code of a safety finding.
process.on('uncaughtException', (error) => {
  process.exitCode = reportFailure(error, io);
  hasEnded = true;
  // What threw may hold timers or sockets open.
  process.exit();
});
// A person's file that is loaded may end the process, or wait for ever for nothing: neither is a run that passed.
process.on('exit', () => {
  if (hasEnded) return;
  process.exitCode = 2;
  io.err('ERR_FILE the process ended before the command did: expected files that load, and leave the process alone\n');
});
async function start(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2), io);
  } catch (error) {
    process.exitCode = reportFailure(error, io);
  }
  hasEnded = true;
}

// No await at the top: Node would comment on one that is never settled.
void start();
