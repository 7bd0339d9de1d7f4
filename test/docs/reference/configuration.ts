// The reference of configuration: each key with its type, range, default and flag, read from the schema and from
// configurations that are resolved; profiles, thresholds, and the parameters of scenarios.
import { z } from 'zod';
import { CONFIG_FLAG_BY_NAME } from '../../../cli/config-flags.ts';
import { CONFIG_DESCRIPTIONS, WORKLOAD_DESCRIPTIONS } from '../../../scenarios/config-descriptions.ts';
import { CONFIG_PATHS, type Config, configSchema } from '../../../scenarios/config-schema.ts';
import { resolveConfig } from '../../../scenarios/config.ts';
import { DEFAULT_PROFILE, PROFILES } from '../../../scenarios/profiles/profiles.ts';
import { SCENARIOS } from '../../../scenarios/registry.ts';
import type { ScenarioDefinition } from '../../../scenarios/scenario.ts';
import { code, figure, table, words } from './markdown.ts';

/** What of a JSON schema is looked at. */
interface Shape {
  type?: string;
  enum?: readonly string[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  format?: string;
  default?: unknown;
  properties?: Readonly<Record<string, Shape>>;
}

const YEAR_MS = 31_536_000_000;
const DESCRIPTIONS: Readonly<Record<string, string>> = CONFIG_DESCRIPTIONS;
const profiles = Object.keys(PROFILES);

const shapeOf = (schema: z.ZodType): Shape => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;

function shapeAt(path: string): Shape {
  let shape: Shape | undefined = shapeOf(configSchema);
  for (const key of path.split('.')) shape = shape?.properties?.[key];
  if (shape === undefined) throw new Error(`the schema has no ${path}`);
  return shape;
}

/** Each path that holds a value: groups only count by their keys, and `workload` and `thresholds` stand apart. */
export const VALUE_PATHS: readonly string[] = CONFIG_PATHS.filter(
  (path) => !['workload', 'thresholds'].includes(path) && !CONFIG_PATHS.some((other) => other.startsWith(`${path}.`)),
);

function typeText(shape: Shape): string {
  if (shape.enum !== undefined) return shape.enum.map(code).join(' or ');
  if (shape.format === 'date-time') return 'instant';
  if (shape.type === 'integer') return 'whole number';
  if (shape.type === 'number') return 'number';
  return shape.type === 'string' ? 'text' : (shape.type ?? 'any');
}

function rangeText({ minimum, exclusiveMinimum, maximum }: Shape): string {
  // What is as large as a safe integer is no limit.
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const mostText = most === YEAR_MS ? 'a year' : most === undefined ? '' : figure(most);
  if (exclusiveMinimum !== undefined)
    return `> ${figure(exclusiveMinimum)}${most === undefined ? '' : `, ≤ ${mostText}`}`;
  if (minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER) return most === undefined ? '' : `≤ ${mostText}`;
  if (most === undefined) return `≥ ${figure(minimum)}`;
  return most === YEAR_MS ? `${figure(minimum)} to ${mostText}` : `${figure(minimum)}–${mostText}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return 'none';
  if (typeof value === 'number') return figure(value);
  return value === '' ? 'empty' : code(typeof value === 'string' ? value : JSON.stringify(value));
}

function valueAt(config: Config, path: string): unknown {
  let value: unknown = config;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}

/** The configurations of all scenarios of ours with all profiles, without anything set. */
const configs = Object.values(SCENARIOS).flatMap((scenario) =>
  profiles.map((profile) => ({ scenario, profile, config: resolveConfig({ profile, seed: '1' }, scenario) })),
);

/** What a value hangs on where nothing is set. */
function sourceOf(path: string): 'nothing' | 'profile' | 'both' {
  const textsOf = (some: typeof configs): Set<string> =>
    new Set(some.map(({ config }) => valueText(valueAt(config, path))));
  if (textsOf(configs).size === 1) return 'nothing';
  const isByProfile = profiles.every(
    (profile) => textsOf(configs.filter((each) => each.profile === profile)).size === 1,
  );
  return isByProfile ? 'profile' : 'both';
}

function defaultText(path: string): string {
  if (path === 'scenario') return 'must be given';
  if (path === 'seed') return 'drawn';
  if (path === 'profile') return `${code(DEFAULT_PROFILE)}; for a hunt \`storm\``;
  const source = sourceOf(path);
  if (source === 'profile') return '[by profile](#what-profiles-set)';
  if (source === 'both') return '[by scenario](#what-scenarios-set)';
  return valueText(valueAt(configs[0]!.config, path));
}

const flagAt = new Map([...CONFIG_FLAG_BY_NAME.values()].map(({ flag, path }) => [path, `\`--${flag}\``]));

function keyRow(path: string): string[] {
  const shape = shapeAt(path);
  return [
    code(path),
    typeText(shape),
    rangeText(shape),
    defaultText(path),
    flagAt.get(path) ?? '',
    words(DESCRIPTIONS[path] ?? ''),
  ];
}

const HEAD = ['key', 'type', 'range', 'default', 'flag', 'what it is'];

function keys(): string {
  const groupOf = (path: string): string => (path.includes('.') ? path.split('.')[0]! : '');
  const groups = new Map<string, string[]>();
  for (const path of VALUE_PATHS) groups.set(groupOf(path), [...(groups.get(groupOf(path)) ?? []), path]);
  return [...groups]
    .map(
      ([group, paths]) =>
        `### ${group === '' ? 'The run' : `Group ${code(group)}`}\n\n${table(HEAD, paths.map(keyRow))}`,
    )
    .join('\n\n');
}

function workloadRows({ name, workload }: ScenarioDefinition): string[][] {
  const { properties = {} } = shapeOf(workload);
  return Object.entries(properties).map(([key, shape]) => [
    code(`workload.${key}`),
    typeText(shape),
    rangeText(shape),
    valueText(shape.default),
    '',
    words(WORKLOAD_DESCRIPTIONS[name]?.[key] ?? ''),
  ]);
}

function workloads(): string {
  return Object.values(SCENARIOS)
    .map((scenario) => {
      const rows = workloadRows(scenario);
      return `#### ${code(scenario.name)}\n\n${scenario.title[0]!.toUpperCase()}${scenario.title.slice(1)}.${
        rows.length === 0 ? ' It has no parameters of its own.' : `\n\n${table(HEAD, rows)}`
      }`;
    })
    .join('\n\n');
}

function byProfile(): string {
  const paths = VALUE_PATHS.filter((path) => path !== 'profile' && sourceOf(path) === 'profile');
  return table(
    ['key', ...profiles.map(code)],
    paths.map((path) => [
      code(path),
      ...profiles.map((profile) => valueText(valueAt(configs.find((each) => each.profile === profile)!.config, path))),
    ]),
  );
}

function byScenario(): string {
  const own = Object.values(SCENARIOS).flatMap(({ workload }) =>
    Object.keys(workload.shape).map((key) => `workload.${key}`),
  );
  const paths = [...VALUE_PATHS.filter((path) => path !== 'scenario'), ...new Set(own)];
  const rows = Object.values(SCENARIOS).flatMap((scenario) =>
    paths.flatMap((path) => {
      const cells = configs
        .filter((each) => each.scenario === scenario)
        .map(({ config }) => valueText(valueAt(config, path)));
      const isOwn = path.startsWith('workload.') ? new Set(cells).size > 1 : sourceOf(path) === 'both';
      return isOwn && cells.some((cell) => cell !== 'none') ? [[code(scenario.name), code(path), ...cells]] : [];
    }),
  );
  return table(['scenario', 'key', ...profiles.map(code)], rows);
}

function thresholds(): string {
  const rows = Object.values(SCENARIOS).flatMap((scenario) => {
    const own = configs.filter((each) => each.scenario === scenario);
    const metrics = new Set(own.flatMap(({ config }) => Object.keys(config.thresholds)));
    return [...metrics].map((metric) => [
      code(scenario.name),
      code(metric),
      ...own.map(({ config }) => (config.thresholds[metric] ?? []).map(code).join(', ')),
    ]);
  });
  return table(['scenario', 'metric', ...profiles.map(code)], rows);
}

/** The chapter of the configuration. */
export function configurationText(): string {
  return `Each key can be set by \`--set key=value\`, in a configuration file, and in a library call; some have a flag of their
own. A value is taken from the flag, else from the configuration file, the scenario, the profile, the default. Names that
end in \`Ms\` are milliseconds, those that end in \`PerHour\` are per hour of virtual time, and for each device where they strike
devices. \`network\`, \`relay\` and \`faults\` also take the name of a preset: \`--set relay=published\`.

${keys()}

### Parameters of scenarios

A scenario checks its own parameters; those of a scenario of your own are keys below \`workload\` too.

${workloads()}

### What profiles set

${byProfile()}

### What scenarios set

${byScenario()}

### Thresholds

\`thresholds.<metric>\` is a list of expressions that must all hold. These hold where nothing else is set; a run in which one
does not hold ends with 99.

${thresholds()}`;
}
