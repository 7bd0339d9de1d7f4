// Which command takes which flags, and what each is for. It must not know how arguments are read.
import { CONFIG_FLAG_BY_NAME } from './config-flags.ts';
import { OWN_FLAGS, type OwnFlag } from './own-flags.ts';

/** A flag of a command itself. */
export type OwnFlagName = keyof typeof OWN_FLAGS;

/** The commands that take flags of these tables. */
export type CommandName =
  | 'run'
  | 'hunt'
  | 'shrink'
  | 'replay'
  | 'relay'
  | 'baseline'
  | 'report'
  | 'merge'
  | 'history'
  | 'calibrate'
  | 'capacity'
  | 'workload';

interface CommandFlags {
  /** What its positional arguments are, in words. */
  readonly argument: string;
  /** Most positional arguments. */
  readonly argumentsMax: number;
  /** Flags of the configuration that it takes; none where left out. */
  readonly config?: 'all' | { readonly without: readonly string[] } | { readonly only: readonly string[] };
  readonly own: readonly OwnFlagName[];
  /** Help that is another one for this command. */
  readonly help?: Readonly<Record<string, string>>;
}

const COMMANDS: Readonly<Record<CommandName, CommandFlags>> = {
  run: {
    argument: 'one scenario',
    argumentsMax: 1,
    config: 'all',
    own: [
      'set',
      'config',
      'allow-remote',
      'header',
      'json',
      'report',
      'otlp',
      'calibration',
      'arrivals',
      'scale',
      'save',
      'history',
      'check-determinism',
      'no-tui',
      'stay',
      'quiet',
      'verbose',
      'help',
      'version',
    ],
  },
  hunt: {
    argument: 'one scenario',
    argumentsMax: 1,
    config: { without: ['seed'] },
    own: [
      'seeds',
      'count',
      'shard',
      'max-findings',
      'for',
      'findings',
      'workers',
      'known',
      'set',
      'config',
      'allow-remote',
      'header',
      'json',
      'report',
      'no-tui',
      'stay',
      'quiet',
      'verbose',
      'help',
      'version',
    ],
    help: {
      profile: 'storm (default): 2–8 devices, 10–100 edits; light, medium, heavy, or a file of your own',
      faults: 'swarm (default), none, lossy, partitions, crashes, skew, chaos, or a file of your own',
      for: 'begin no seed after so much real time, such as 10m; without it, all seeds',
      findings: 'where finding files go; default findings',
      json: 'write what the hunt found: seeds, signatures, files',
      quiet: 'neither configuration nor progress, nor what was reached',
    },
  },
  shrink: {
    argument: 'finding files',
    argumentsMax: Number.POSITIVE_INFINITY,
    own: ['for', 'findings', 'output', 'allow-remote', 'header', 'no-tui', 'quiet', 'help', 'version'],
    help: {
      for: 'real time for each file, such as 10m; default 1m',
      findings: 'the folder to write to; default: each file where it is',
      quiet: 'no progress',
    },
  },
  replay: {
    argument: 'finding files, or folders of them',
    argumentsMax: Number.POSITIVE_INFINITY,
    config: { only: ['side', 'path-prefix'] },
    own: [
      'exact',
      'until',
      'trace',
      'emit',
      'output',
      'perfetto',
      'shiviz',
      'known',
      'base-replay',
      'allow-remote',
      'header',
      'json',
      'report',
      'no-tui',
      'quiet',
      'help',
      'version',
    ],
    help: {
      side: 'another side than the finding’s: model, inject, spawn, or a relay at http://…',
      output: 'the file that --emit writes',
      json: 'write the verdicts',
      quiet: 'verdicts only, without explanations',
    },
  },
  relay: {
    argument: 'token and one ledger',
    argumentsMax: 2,
    own: [
      'port',
      'host',
      'store',
      'open',
      'rate-limit',
      'body-limit',
      'page-size',
      'region',
      'membership',
      'log-level',
      'account',
      'expires',
      'quiet',
      'help',
      'version',
    ],
    help: { quiet: 'say nothing on standard output, and log warnings and errors only' },
  },
  baseline: {
    argument: 'check or update, then scenarios or result files',
    argumentsMax: Number.POSITIVE_INFINITY,
    config: 'all',
    own: [
      'baselines',
      'base',
      'pairs',
      'set',
      'config',
      'allow-remote',
      'header',
      'json',
      'report',
      'workers',
      'quiet',
      'help',
      'version',
    ],
    help: {
      profile: 'one profile; default: light, medium and heavy',
      seed: 'the seed; default: the baseline’s, 1 for a new one',
      json: 'write the comparisons',
      workers: 'runs at a time; default: one for each core, at most 2',
      quiet: 'no progress',
    },
  },
  report: {
    argument: 'results, hunts, checks, replays or finding files',
    argumentsMax: Number.POSITIVE_INFINITY,
    own: ['output', 'run-documents', 'otlp', 'quiet', 'help', 'version'],
    help: {
      output: 'the file to write, by its ending: .html, .md, .xml (JUnit) or .hlog; may be repeated',
      quiet: 'say nothing of what was written',
    },
  },
  merge: {
    argument: 'results of the shards of one hunt',
    argumentsMax: Number.POSITIVE_INFINITY,
    own: ['findings', 'known', 'base-replay', 'json', 'report', 'run-documents', 'quiet', 'help', 'version'],
    help: {
      findings: 'copy the finding files that stand for the whole into this folder',
      json: 'write the whole result',
      quiet: 'neither statement nor what was reached',
    },
  },
  history: {
    argument: 'nothing',
    argumentsMax: 0,
    config: { only: ['profile', 'side', 'clock'] },
    own: ['metric', 'scenario', 'last', 'history', 'csv', 'json', 'prune', 'older', 'keep', 'help', 'version'],
    help: { profile: 'only runs of this profile', side: 'only of this side', clock: 'only under this clock' },
  },
  calibrate: {
    argument: 'nothing',
    argumentsMax: 0,
    config: { only: ['side', 'path-prefix'] },
    own: ['output', 'for', 'set', 'allow-remote', 'header', 'quiet', 'help', 'version'],
    help: {
      side: 'the relay to measure: spawn (default), or one at http://…',
      output: 'the file to write; default calibration.json',
      for: 'real time that it takes at most; default 3m',
      quiet: 'the verdict alone',
    },
  },
  capacity: {
    argument: 'one scenario',
    argumentsMax: 1,
    config: 'all',
    own: [
      'slo',
      'most',
      'calibration',
      'sweep',
      'what-if',
      'horizon',
      'prices',
      'verify',
      'workers',
      'for',
      'set',
      'config',
      'allow-remote',
      'header',
      'csv',
      'json',
      'report',
      'quiet',
      'help',
      'version',
    ],
    help: {
      users: 'users of the current load, for its head room; default: the profile’s',
      workers: 'points at a time; default: one for each core',
      for: 'real time after which no point begins, such as 5m',
      csv: 'write the points as CSV; - is standard output',
      json: 'write the answer and all points',
      report: 'write a report too: .html or .md; may be repeated',
      quiet: 'the answer alone',
    },
  },
  workload: {
    argument: 'fit, then one file of arrivals',
    argumentsMax: 2,
    own: ['output', 'json', 'quiet', 'help', 'version'],
    help: { output: 'the profile to write; default: standard output', json: 'write the fit, with how good it is' },
  },
};

/** What positional arguments a command takes, in words, and how many at most. */
export function argumentsOf(command: CommandName): { what: string; max: number } {
  const { argument, argumentsMax } = COMMANDS[command];
  return { what: argument, max: argumentsMax };
}

/** The names of a command's flags, those of the configuration first. */
export function flagsOf(command: CommandName): string[] {
  const { config, own } = COMMANDS[command];
  const names = [...CONFIG_FLAG_BY_NAME.keys()].filter((name) => {
    if (config === undefined || config === 'all') return config === 'all';
    return 'only' in config ? config.only.includes(name) : !config.without.includes(name);
  });
  return [...names, ...own];
}

/** Whether a known flag takes a value. */
export function takesValue(name: string): boolean {
  return CONFIG_FLAG_BY_NAME.has(name) || OWN_FLAGS[name as OwnFlagName].takesValue;
}

/** The letter that stands for a known flag. */
export function shortOf(name: string): string | undefined {
  return (OWN_FLAGS as Readonly<Record<string, OwnFlag>>)[name]?.short;
}

/** The flags of a command, one a line, aligned. */
export function flagHelp(command: CommandName): string[] {
  const own: Readonly<Record<string, OwnFlag>> = OWN_FLAGS;
  const rows = flagsOf(command).map((name) => {
    const { value, help } = (CONFIG_FLAG_BY_NAME.get(name) ?? own[name]) as { value?: string; help: string };
    const short = shortOf(name);
    const left = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
    return [left, COMMANDS[command].help?.[name] ?? help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
