// The reference of what there is by name: metrics, faults and their presets, oracles, documents, networks, relays. Words
// come from the tables in code, and from the two papers whose tables tests hold against the code.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { DOCUMENT_SPECIMENS } from '../../../models/documents/specimens/specimens.ts';
import { EDIT_KINDS } from '../../../models/documents/edit.ts';
import { FAULT_KIND_NAMES, type FaultKind, faultKindInfo } from '../../../models/faults/event.ts';
import { faultRate } from '../../../models/faults/rates.ts';
import { RELAY_SPECIMENS } from '../../../models/relay/specimens/specimens.ts';
import { LIMITS, limitText } from '../../../scenarios/baseline/limits.ts';
import { loadDocuments } from '../../../scenarios/documents.ts';
import { FAULT_PRESETS, unlikeNone } from '../../../scenarios/fault-presets.ts';
import { NETWORKS } from '../../../scenarios/networks.ts';
import { RELAYS } from '../../../scenarios/relays.ts';
import { prepare } from '../../../scenarios/run.ts';
import { InputError } from '../../../sim/errors.ts';
import { code, figure, rowsOf, table, words } from './markdown.ts';

const root = new URL('../../../', import.meta.url);
const paper = (name: string): string => readFileSync(new URL(`docs/${name}`, root), 'utf8');

/** By its type: the unit, and what a threshold may ask of it. */
const METRIC_TYPES: Readonly<Record<string, readonly [unit: string, asked: string]>> = {
  trend: ['ms', '`p(x)`, `med`, `avg`, `min`, `max`, `count`'],
  rate: ['0–1', '`rate`, `count`'],
  counter: ['count', '`count`, `rate` (a second)'],
};

/** The metrics of a run, each with what the model's paper says of it. */
export async function metricsText(): Promise<string> {
  const said = new Map(
    rowsOf(paper('model.md'), '## Metrics').flatMap(([names, , what]) =>
      [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => [name!, what!] as const),
    ),
  );
  const { world } = await prepare({ scenario: 'crdt-conflicts', profile: 'storm', seed: '1' });
  const metrics = world.simulation.metrics.snapshot(0).toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const rows = metrics.map(({ name, type }) => {
    const what = said.get(name);
    if (what === undefined) throw new Error(`docs/model.md does not define ${name}`);
    return [code(name), type, ...(METRIC_TYPES[type] ?? ['', '']), what];
  });
  return table(['metric', 'type', 'unit', 'in a threshold', 'what it is'], rows);
}

/** What a kind's amount is: a key with its value, and in what it is counted. */
function amountText(kind: FaultKind): string {
  const { amount } = faultRate(kind);
  return amount === undefined ? '' : `${code(amount.key)} (${words(faultKindInfo(kind).amount ?? '')})`;
}

/** Kinds of faults, and the presets as they differ from none. */
export function faultsText(): string {
  const kinds = FAULT_KIND_NAMES.map((kind) => {
    const { scope, isSurvivable, does } = faultKindInfo(kind);
    const { perHour, lengthMsMean } = faultRate(kind);
    return [
      code(kind),
      scope,
      isSurvivable ? 'survivable' : '**breaking**',
      words(does),
      code(`faults.${perHour}`),
      lengthMsMean === undefined ? 'at once' : code(lengthMsMean),
      amountText(kind),
    ];
  });
  const presets = Object.entries(FAULT_PRESETS).filter(([name]) => name !== 'none');
  const values = presets.map(([, preset]) => new Map(unlikeNone(preset)));
  const keys = Object.keys(FAULT_PRESETS['none']!).filter((key) => values.some((each) => each.has(key)));
  const matrix = keys.map((key) => [code(key), ...values.map((each) => (each.has(key) ? figure(each.get(key)!) : ''))]);
  return `A **survivable** fault is one that a correct system must stand: it converges under each of them. A **breaking** one may fail
correct systems, and comes only where its own key says so.

${table(['kind', 'strikes', 'is', 'what it does', 'how often', 'length (mean)', 'amount'], kinds)}

### Presets of faults

What each sets, where it differs from \`none\`. \`swarm\` is drawn from the seed: see [the model](model.md#faults).

${table(['key', ...presets.map(([name]) => code(name))], matrix)}`;
}

/** The oracles, each with its file in the models, the bugs that are planted for it, and what it demands. */
export function oraclesText(): string {
  const planted = [...DOCUMENT_SPECIMENS, ...RELAY_SPECIMENS];
  const demands = rowsOf(paper('trust.md'), '## What the oracles demand');
  const named = new Set(demands.map(([oracle]) => oracle!));
  for (const { oracle } of planted) if (!named.has(oracle)) throw new Error(`docs/trust.md lacks the oracle ${oracle}`);
  const rows = demands.map(([oracle, demand]) => {
    const file = `models/oracles/${oracle}.ts`;
    if (!existsSync(new URL(file, root))) throw new Error(`there is no ${file}`);
    const kind = /kind: 'liveness'/.test(readFileSync(new URL(file, root), 'utf8')) ? 'liveness (4)' : 'safety (1)';
    const bugs = planted.filter((each) => each.oracle === oracle).map(({ name }) => code(name));
    return [code(oracle!), kind, demand!, bugs.join(', ')];
  });
  return table(['oracle', 'kind (exit)', 'demands', 'planted bugs'], rows);
}

/** Modules of the models' oracles that judge. */
export function oracleFiles(): string[] {
  const files = readdirSync(new URL('models/oracles/', root)).map((name) => name.replace(/\.ts$/, ''));
  return files.filter((name) =>
    /^export function\*? judge[A-Z]/m.test(readFileSync(new URL(`models/oracles/${name}.ts`, root), 'utf8')),
  );
}

/** The names of the document types, as they are said to whoever misspells one. */
async function documentNames(): Promise<string[]> {
  try {
    await loadDocuments('');
  } catch (error) {
    if (error instanceof InputError) return error.expected.replace(/^one of /, '').split(', ');
    throw error;
  }
  throw new Error('a document type without a name was loaded');
}

/** The document types of ours, and what becomes of concurrent edits of one place. */
export async function documentsText(): Promise<string> {
  const types = await Promise.all((await documentNames()).map(loadDocuments));
  const rows = EDIT_KINDS.map((kind) => [code(kind), ...types.map((type) => type.supports.get(kind) ?? '–')]);
  return table(['concurrent edits of kind', ...types.map(({ name }) => code(name))], rows);
}

/** One row a key, one column a preset. */
function presetsTable(presets: Readonly<Record<string, object>>): string {
  const names = Object.keys(presets);
  const keys = Object.keys(presets[names[0]!]!).filter((key) => key !== 'name');
  return table(
    ['key', ...names.map(code)],
    keys.map((key) => [
      code(key),
      ...names.map((name) => {
        const value: unknown = Reflect.get(presets[name]!, key);
        return typeof value === 'number' ? figure(value) : code(String(value));
      }),
    ]),
  );
}

/** The limits of a comparison with a baseline. */
export function limitsText(): string {
  const rows = LIMITS.flatMap((limit) =>
    limit.metrics.map((metric) => [
      limit.name,
      code(metric),
      code(limit.statistic),
      limitText(limit, 'warning'),
      limitText(limit, 'critical'),
    ]),
  );
  return table(['what', 'metric', 'figure', 'warning', 'critical (exit 97)'], rows);
}

export function networksText(): string {
  return presetsTable(NETWORKS);
}

export function relaysText(): string {
  return presetsTable(RELAYS);
}
