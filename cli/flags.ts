// Reads the arguments of a command: texts into configuration layers and switches. It checks the syntax only; values
// are judged where configuration is resolved.
import { parseArgs } from 'node:util';
import { InputError } from '../sim/errors.ts';
import { type ConfigLayer, isTextPath } from '../scenarios/config-schema.ts';
import { nearestName } from '../scenarios/nearest.ts';
import { argumentsOf, type CommandName, flagsOf, type OwnFlagName, shortOf, takesValue } from './command-flags.ts';
import { CONFIG_FLAG_BY_NAME, type ConfigFlag } from './config-flags.ts';
import { DURATION_EXAMPLES, parseDuration } from './durations.ts';
import { isFileName } from './files.ts';

/** The arguments of a command, read. */
export interface Arguments {
  /** What stands beside the flags: a scenario, files. */
  positionals: string[];
  /** What flags and `--set` say of the configuration. */
  layer: ConfigLayer;
  /** The flag that was typed for a path. */
  typedAs: Record<string, string>;
  profileFile: string | undefined;
  faultsFile: string | undefined;
  /** Whether a flag of the command itself was given. */
  has(name: OwnFlagName): boolean;
  /** The value of a flag of the command itself. */
  text(name: OwnFlagName): string | undefined;
  /** The values of a flag that may be repeated, in the order in which they were typed. */
  texts(name: OwnFlagName): readonly string[];
  /**
   * The same as a whole number.
   * @throws InputError where it is none, or less than `min`
   */
  count(name: OwnFlagName, min: number): number | undefined;
  /**
   * The same as a duration, ms.
   * @throws InputError where it is none, or shorter than 1 ms
   */
  durationMs(name: OwnFlagName): number | undefined;
}

/**
 * Reads what stands after `squall <command>`.
 * @throws InputError naming the flag that is wrong as it was typed
 */
export function parseArguments(command: CommandName, args: readonly string[]): Arguments {
  const names = flagsOf(command);
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(names.map((name) => [name, optionOf(name)])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const own = new Map<OwnFlagName, string | true>();
  const layer: Tree = Object.create(null) as Tree;
  const typedAs: Record<string, string> = {};
  const repeated = new Map<OwnFlagName, string[]>();
  const files: { profile?: string; faults?: string } = {};
  const positionals: string[] = [];

  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      const { what, max } = argumentsOf(command);
      if (positionals.length === max) throw new InputError('argument', token.value, `nothing more than ${what}`);
      positionals.push(token.value);
      continue;
    }
    const { name } = token;
    checkFlag(command, names, name, token.rawName, token.value, token.inlineValue === true);
    const flag = CONFIG_FLAG_BY_NAME.get(name);
    if (flag === undefined) {
      const ownName = name as OwnFlagName;
      own.set(ownName, token.value ?? true);
      if (token.value !== undefined) repeated.set(ownName, [...(repeated.get(ownName) ?? []), token.value]);
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
  const texts = (name: OwnFlagName): readonly string[] => repeated.get(name) ?? [];
  for (const set of texts('set')) applySet(layer, typedAs, set);

  const text = (name: OwnFlagName): string | undefined => own.get(name) as string | undefined;
  return {
    positionals,
    layer,
    typedAs,
    profileFile: files.profile,
    faultsFile: files.faults,
    has: (name) => own.has(name),
    text,
    texts,
    count(name, min) {
      const given = text(name);
      if (given === undefined) return undefined;
      const count = /^\d+$/.test(given) ? Number(given) : Number.NaN;
      if (count >= min && Number.isSafeInteger(count)) return count;
      throw new InputError(`--${name}`, given, `a whole number ≥ ${min}`);
    },
    durationMs(name) {
      const given = text(name);
      return given === undefined ? undefined : durationOf(`--${name}`, given);
    },
  };
}

type Tree = Record<string, unknown>;

function optionOf(name: string): { type: 'string' | 'boolean'; short?: string } {
  const type = takesValue(name) ? 'string' : 'boolean';
  const short = shortOf(name);
  return short === undefined ? { type } : { type, short };
}

function checkFlag(
  command: CommandName,
  names: readonly string[],
  name: string,
  rawName: string,
  value: string | undefined,
  inline: boolean,
): void {
  if (!names.includes(name)) {
    const near = nearestName(name, names);
    throw new InputError(
      'flag',
      rawName,
      near === undefined ? `a flag that squall ${command} --help lists` : `a known flag (did you mean --${near}?)`,
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
  if (flag.kind === 'duration') return durationOf(`--${flag.flag}`, text);
  // What is no number goes on as it is: the schema says what was expected.
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

/** No duration of ours may be nothing, and `-5s` is one that is too short rather than none. */
function durationOf(flag: string, text: string): number {
  const ms = parseDuration(text);
  const isTooShort = ms === undefined ? parseDuration(text.replace(/^-/, '')) !== undefined : ms < 1;
  if (isTooShort) throw new InputError(flag, text, `≥ 1ms: ${DURATION_EXAMPLES}`);
  if (ms === undefined) throw new InputError(flag, text, DURATION_EXAMPLES);
  return ms;
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
