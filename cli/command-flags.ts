// Which command takes which flags, and what each is for. It must not know how arguments are read.
import { CONFIG_FLAG_BY_NAME } from './config-flags.ts';

/** A flag of a command itself, rather than of the configuration. */
interface OwnFlag {
  takesValue: boolean;
  /** What stands for its value in the help. */
  value?: string;
  /** A letter that stands for it. */
  short?: string;
  help: string;
}

const OWN_FLAGS = {
  seeds: { takesValue: true, value: '<seeds>', help: '1..500, a list 3,7,9, a count 200, or git:<hash>' },
  count: { takesValue: true, value: '<n>', help: 'how many seeds, for git:<hash>; default 500' },
  'max-findings': { takesValue: true, value: '<n>', help: 'stop at so many distinct findings; default 3' },
  for: { takesValue: true, value: '<time>', help: 'real time that it may take, such as 30s or 10m' },
  findings: { takesValue: true, value: '<folder>', help: 'where finding files go' },
  workers: { takesValue: true, value: '<n>', help: 'worker threads; default: as many as there are cores' },
  exact: { takesValue: false, help: 'ask for the same trace hash too, event for event' },
  until: { takesValue: true, value: '<time|event:n>', help: 'stop there, and show each device' },
  trace: { takesValue: false, help: 'print the story: device lanes, one line an event' },
  emit: { takesValue: true, value: '<script|vitest>', help: 'write a file that fails as the finding does' },
  output: { takesValue: true, value: '<file>', short: 'o', help: 'the file to write' },
  set: { takesValue: true, value: '<key=value>', help: 'any key, such as network.latencyMsMean=50; may be repeated' },
  'allow-remote': { takesValue: false, help: 'send requests to a side that is not on this machine' },
  header: {
    takesValue: true,
    value: '<name:value>',
    help: 'with each request to a side at an address; may be repeated',
  },
  port: { takesValue: true, value: '<n>', help: 'default 8787; 0 for one that is free' },
  host: { takesValue: true, value: '<address>', help: 'address to listen on; default 127.0.0.1' },
  store: {
    takesValue: true,
    value: '<store>',
    help: 'sqlite:<file>, sqlite::memory: or postgres://…; default sqlite:relay.db',
  },
  open: { takesValue: false, help: 'ask for no tokens; on a loopback address only' },
  'rate-limit': {
    takesValue: true,
    value: '<n>',
    help: 'requests a minute, of each token and of each address; default 60 (with --open none), 0 for no limit',
  },
  'body-limit': { takesValue: true, value: '<size>', help: 'largest body of a request; default 10MB' },
  'page-size': { takesValue: true, value: '<n>', help: 'changes on one page, 1–100; default 100' },
  region: { takesValue: true, value: '<name>', help: 'what /health and /regions call it; default local' },
  membership: {
    takesValue: true,
    value: '<rule>',
    help: 'whose cursors hold a log back: contact (default), whoever comes; listed, who was put',
  },
  'log-level': {
    takesValue: true,
    value: '<level>',
    help: 'silent, fatal, error, warn, info (default), debug or trace',
  },
  shard: { takesValue: true, value: '<i/n>', help: 'run only the i-th of n parts of the seeds, such as 2/4' },
  known: {
    takesValue: true,
    value: '<file>',
    help: 'signatures that are accepted, with reasons and expiry dates: they warn and do not fail',
  },
  'base-replay': {
    takesValue: true,
    value: '<file>',
    help: 'what squall replay --json said of the same findings on the base: those that it reproduces warn',
  },
  report: {
    takesValue: true,
    value: '<file>',
    help: 'write a report too, by its ending: .html, .md, .xml (JUnit) or .hlog; may be repeated',
  },
  otlp: { takesValue: true, value: '<url>', help: 'send the metrics to an OpenTelemetry collector over OTLP/HTTP' },
  perfetto: { takesValue: true, value: '<file>', help: 'write the story as a trace for ui.perfetto.dev' },
  shiviz: { takesValue: true, value: '<file>', help: 'write the story as a log with vector clocks, for ShiViz' },
  save: { takesValue: false, help: 'keep the result in the history' },
  history: { takesValue: true, value: '<file>', help: 'where the history is; default results/history.db' },
  baselines: { takesValue: true, value: '<folder>', help: 'where baselines are; default baselines' },
  base: {
    takesValue: true,
    value: '<folder|url>',
    help: 'under the wall clock: a built checkout, or a relay, to run in turn with this one',
  },
  pairs: {
    takesValue: true,
    value: '<n>',
    help: 'under the wall clock: pairs of runs, at least 5; default: 5, and more up to 20 while noise hides an answer',
  },
  metric: {
    takesValue: true,
    value: '<name>',
    help: 'draw the trend of a figure, such as sync-relay.push_response_time.p95',
  },
  scenario: { takesValue: true, value: '<name>', help: 'only runs of this scenario' },
  last: { takesValue: true, value: '<n>', help: 'only the last n runs; default 50' },
  csv: { takesValue: true, value: '<file>', help: 'write what would be shown as CSV; - is standard output' },
  prune: { takesValue: false, help: 'remove old runs: those beyond --older or --keep' },
  older: { takesValue: true, value: '<time>', help: 'with --prune: older than this, such as 90d' },
  keep: { takesValue: true, value: '<n>', help: 'with --prune: all but the latest n of each scenario and profile' },
  account: { takesValue: true, value: '<device>', help: 'of a token: for the account of a device of protocol 1.0' },
  expires: { takesValue: true, value: '<time>', help: 'of a token: how long it opens, such as 30d; default for ever' },
  config: { takesValue: true, value: '<file>', help: 'configuration file; squall.config.ts is picked up by itself' },
  json: { takesValue: true, value: '<file>', help: 'write the whole result' },
  'check-determinism': { takesValue: false, help: 'run twice and compare event by event' },
  'no-tui': { takesValue: false, help: 'plain lines in the place of the live view' },
  stay: { takesValue: false, help: 'keep the live view open at the end, until it is left by q' },
  quiet: { takesValue: false, help: 'neither configuration nor progress' },
  verbose: { takesValue: false, help: 'print every configuration key' },
  help: { takesValue: false, short: 'h', help: 'this text' },
  version: { takesValue: false, help: 'the version' },
} as const satisfies Record<string, OwnFlag>;

/** A flag of a command itself. */
export type OwnFlagName = keyof typeof OWN_FLAGS;

/** The commands that take flags of these tables. */
export type CommandName = 'run' | 'hunt' | 'shrink' | 'replay' | 'relay' | 'baseline' | 'report' | 'merge' | 'history';

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
    own: ['output', 'otlp', 'quiet', 'help', 'version'],
    help: {
      output: 'the file to write, by its ending: .html, .md, .xml (JUnit) or .hlog; may be repeated',
      quiet: 'say nothing of what was written',
    },
  },
  merge: {
    argument: 'results of the shards of one hunt',
    argumentsMax: Number.POSITIVE_INFINITY,
    own: ['findings', 'known', 'base-replay', 'json', 'report', 'quiet', 'help', 'version'],
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
