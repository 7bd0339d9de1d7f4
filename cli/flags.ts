// Reads the arguments of a command: texts into configuration layers and switches. It checks the syntax only; values
// are judged where configuration is resolved.
import { parseArgs } from 'node:util';
import { InputError } from '../sim/errors.ts';
import { type Config, type ConfigLayer, isTextPath } from '../scenarios/config-schema.ts';
import { nearestName } from '../scenarios/nearest.ts';
import { DURATION_EXAMPLES, parseDuration } from './durations.ts';
import { isFileName } from './files.ts';

/** A flag that sets one key of the configuration. */
interface ConfigFlag {
  flag: string;
  /** The key's path. */
  path: string;
  kind: 'text' | 'number' | 'duration';
  value: string;
  help: string;
}

/** Every key of the configuration: its flag, or null where only `--set` reaches it. A new key does not compile without. */
const CONFIG_FLAGS = {
  scenario: null,
  profile: {
    flag: 'profile',
    path: 'profile',
    kind: 'text',
    value: '<name|file>',
    help: 'storm, light (default), medium, heavy, or a file of your own',
  },
  seed: { flag: 'seed', path: 'seed', kind: 'text', value: '<text>', help: 'drawn and printed when left out' },
  epoch: null,
  users: {
    flag: 'users',
    path: 'users',
    kind: 'number',
    value: '<n>',
    help: 'users; conflict users in crdt-conflicts',
  },
  pools: null,
  durationMs: {
    flag: 'duration',
    path: 'durationMs',
    kind: 'duration',
    value: '<time>',
    help: 'virtual time, such as 30s, 5m, 1h30m; ramps scale with it',
  },
  rampUpMs: null,
  rampDownMs: null,
  thinkScale: {
    flag: 'think-scale',
    path: 'thinkScale',
    kind: 'number',
    value: '<factor>',
    help: 'factor on think times; 1 gives the published ones',
  },
  documents: { flag: 'documents', path: 'documents', kind: 'text', value: '<type>', help: 'lww' },
  side: { flag: 'side', path: 'side', kind: 'text', value: '<side>', help: 'model' },
  clock: { flag: 'clock', path: 'clock', kind: 'text', value: '<clock>', help: 'virtual' },
  dialect: {
    flag: 'dialect',
    path: 'dialect',
    kind: 'text',
    value: '<version>',
    help: 'wire protocol: 1.0 or 1.1 (default)',
  },
  client: null,
  network: {
    flag: 'network',
    path: 'network.name',
    kind: 'text',
    value: '<name>',
    help: 'ideal, lan, broadband (default), wifi, lte, 4g, 3g, satellite, flaky',
  },
  relay: null,
  faults: {
    flag: 'faults',
    path: 'faults.name',
    kind: 'text',
    value: '<name|file>',
    help: 'none (default), lossy, partitions, skew, or a file of your own',
  },
  drain: null,
  workload: null,
  thresholds: null,
  band: null,
} as const satisfies Record<keyof Config, ConfigFlag | null>;

/** A flag of the command itself. */
interface OwnFlag {
  takesValue: boolean;
  value?: string;
  help: string;
}

const OWN_FLAGS = {
  set: { takesValue: true, value: '<key=value>', help: 'any key, such as network.latencyMsMean=50; may be repeated' },
  config: { takesValue: true, value: '<file>', help: 'configuration file; squall.config.ts is picked up by itself' },
  json: { takesValue: true, value: '<file>', help: 'write the whole result' },
  'check-determinism': { takesValue: false, help: 'run twice and compare event by event' },
  'no-tui': { takesValue: false, help: 'plain lines' },
  quiet: { takesValue: false, help: 'neither configuration nor progress' },
  verbose: { takesValue: false, help: 'print every configuration key' },
  help: { takesValue: false, help: 'this text' },
  version: { takesValue: false, help: 'the version' },
} as const satisfies Record<string, OwnFlag>;

type OwnFlagName = keyof typeof OWN_FLAGS;

const BY_FLAG: ReadonlyMap<string, ConfigFlag> = new Map(
  Object.values(CONFIG_FLAGS).flatMap((flag) => (flag === null ? [] : [[flag.flag, flag] as const])),
);
const FLAG_NAMES: readonly string[] = [...BY_FLAG.keys(), ...Object.keys(OWN_FLAGS)];

/** The arguments of `squall run`, read. */
export interface RunArguments {
  scenario: string | undefined;
  /** What flags and `--set` say of the configuration. */
  layer: ConfigLayer;
  /** The flag that was typed for a path. */
  typedAs: Record<string, string>;
  profileFile: string | undefined;
  faultsFile: string | undefined;
  configFile: string | undefined;
  jsonFile: string | undefined;
  seedGiven: boolean;
  checkDeterminism: boolean;
  quiet: boolean;
  verbose: boolean;
  help: boolean;
  version: boolean;
}

/**
 * Reads the arguments after `squall run`.
 * @throws InputError naming the flag that is wrong as it was typed
 */
export function parseRunArguments(args: readonly string[]): RunArguments {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      FLAG_NAMES.map((name) => [name, { type: takesValue(name) ? ('string' as const) : ('boolean' as const) }]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const own = new Map<OwnFlagName, string | true>();
  const layer: Tree = Object.create(null) as Tree;
  const typedAs: Record<string, string> = {};
  const sets: string[] = [];
  const files: { profile?: string; faults?: string } = {};
  let scenario: string | undefined;

  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (scenario !== undefined) throw new InputError('argument', token.value, 'nothing more than one scenario');
      scenario = token.value;
      continue;
    }
    const name = token.rawName === '-h' ? 'help' : token.name;
    checkFlag(name, token.rawName, token.value, token.inlineValue === true);
    const flag = BY_FLAG.get(name);
    if (flag === undefined) {
      if (name === 'set') sets.push(token.value!);
      else own.set(name as OwnFlagName, token.value ?? true);
      continue;
    }
    const text = token.value!;
    if (name === 'profile' || name === 'faults') {
      delete layer[name];
      delete files[name];
      if (isFileName(text)) {
        files[name] = text;
        continue;
      }
    }
    assign(layer, flag.path, valueOf(flag, text));
    typedAs[flag.path] = `--${flag.flag}`;
  }
  for (const set of sets) applySet(layer, typedAs, set);

  const text = (name: OwnFlagName): string | undefined => own.get(name) as string | undefined;
  return {
    scenario,
    layer,
    typedAs,
    profileFile: files.profile,
    faultsFile: files.faults,
    configFile: text('config'),
    jsonFile: text('json'),
    seedGiven: layer['seed'] !== undefined,
    checkDeterminism: own.has('check-determinism'),
    quiet: own.has('quiet'),
    verbose: own.has('verbose'),
    help: own.has('help'),
    version: own.has('version'),
  };
}

/** The flags of `squall run`, one a line, aligned. */
export function flagHelp(): string[] {
  const rows = FLAG_NAMES.map((name) => {
    const { value, help } = (BY_FLAG.get(name) ?? OWN_FLAGS[name as OwnFlagName]) as { value?: string; help: string };
    return [`--${name}${value === undefined ? '' : ` ${value}`}`, help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

type Tree = Record<string, unknown>;

function takesValue(name: string): boolean {
  return BY_FLAG.has(name) || OWN_FLAGS[name as OwnFlagName].takesValue;
}

function checkFlag(name: string, rawName: string, value: string | undefined, inline: boolean): void {
  if (!FLAG_NAMES.includes(name)) {
    const near = nearestName(name, FLAG_NAMES);
    throw new InputError(
      'flag',
      rawName,
      near === undefined ? 'a flag that squall run --help lists' : `a known flag (did you mean --${near}?)`,
    );
  }
  if (!takesValue(name)) {
    if (value !== undefined) throw new InputError(rawName, value, 'no value');
  } else if (value === undefined || (!inline && value.startsWith('--'))) {
    throw new InputError(rawName, value, 'a value');
  }
}

function valueOf(flag: ConfigFlag, text: string): unknown {
  if (flag.kind === 'text') return text;
  if (flag.kind === 'duration') {
    const ms = parseDuration(text);
    // No duration of a run may be nothing, and `-5s` is one that is too short rather than none.
    const isTooShort = ms === undefined ? parseDuration(text.replace(/^-/, '')) !== undefined : ms < 1;
    if (isTooShort) throw new InputError(`--${flag.flag}`, text, `≥ 1ms: ${DURATION_EXAMPLES}`);
    if (ms === undefined) throw new InputError(`--${flag.flag}`, text, DURATION_EXAMPLES);
    return ms;
  }
  // What is no number goes on as it is: the schema says what was expected.
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

/** `--set a.b.c=value`: JSON where it parses, else text; always text for keys that are texts. */
function applySet(layer: Tree, typedAs: Record<string, string>, argument: string): void {
  const split = argument.indexOf('=');
  const path = argument.slice(0, Math.max(split, 0)).trim();
  if (split < 0 || path === '' || path.split('.').includes('')) {
    throw new InputError('--set', argument, 'key=value, such as network.latencyMsMean=50');
  }
  const text = argument.slice(split + 1);
  const isJson = /^\s*["[{]/.test(text);
  const full = !isJson && (path === 'network' || path === 'relay' || path === 'faults') ? `${path}.name` : path;
  assign(layer, full, isTextPath(full) && !isJson ? text : parseValue(text));
  delete typedAs[full];
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Sets a value at a path; groups on the way have no prototype, so that no key is special. */
function assign(into: Tree, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop()!;
  let group = into;
  for (const key of keys) {
    const inner = group[key];
    const isGroup = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    group = (isGroup ? inner : (group[key] = Object.create(null) as Tree)) as Tree;
  }
  group[last] = value;
}
