// The surface of a sweep: its axes as they are typed, all points of them, and what describes its curves along users. It
// must not know how a point is run.
import { InputError } from '../../sim/errors.ts';
import { CONFIG_PATHS, isTextPath } from '../config-schema.ts';
import { nearestName } from '../nearest.ts';
import { kneeOf } from './knee.ts';
import type { Sweep, SweepAxis, SweepCurve, SweepPoint } from './result.ts';
import { fitUsl } from './usl.ts';

/** Values of a range that does not say how many. */
export const RANGE_POINTS = 8;
const POINTS_MAX = 2_000;
const SYNTAX = /^([A-Za-z][A-Za-z0-9.]*)=(.*)$/;
const NUMBER = /^\d+(\.\d+)?$/;
const RANGE = /^(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)(?:\/(\d+))?$/;
const EXAMPLES = 'key=values, such as users=100..20000, users=100..20000/12 or relay.instances=1,2,4';

/** Keys that a sweep sets itself for each point, or that would make another question of it. */
const REFUSED: readonly string[] = [
  'scenario',
  'profile',
  'seed',
  'side',
  'clock',
  'durationMs',
  'rampUpMs',
  'thresholds',
];

/**
 * Reads `--sweep` texts. A range is geometric, both ends included: `a..b` has 8 values, `a..b/n` has n; whole ends give whole
 * values.
 * @param workloadKeys of the scenario
 * @throws InputError with the code ERR_SWEEP
 */
export function parseSweep(texts: readonly string[], workloadKeys: readonly string[], field = '--sweep'): SweepAxis[] {
  const paths = [...CONFIG_PATHS, ...workloadKeys.map((key) => `workload.${key}`)].filter(
    (path) => !REFUSED.includes(path) && !paths0.has(path),
  );
  const axes: SweepAxis[] = [];
  for (const text of texts) {
    const match = SYNTAX.exec(text.trim());
    if (match === null) throw new InputError(field, text, EXAMPLES, 'ERR_SWEEP');
    const [, path, values] = match as unknown as [string, string, string];
    if (!paths.includes(path)) {
      const near = nearestName(path, paths);
      const expected = near === undefined ? 'a key of the configuration' : `a known key (did you mean ${near}?)`;
      throw new InputError(field, text, REFUSED.includes(path) ? 'a key that a sweep can vary' : expected, 'ERR_SWEEP');
    }
    if (axes.some((axis) => axis.path === path)) throw new InputError(field, text, `${path} once`, 'ERR_SWEEP');
    axes.push({ path, values: valuesOf(path, values, text, field) });
  }
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  if (count > POINTS_MAX) throw new InputError(field, `${count} points`, `≤ ${POINTS_MAX} points in all`, 'ERR_SWEEP');
  return axes;
}

/** Groups are no values. */
const paths0: ReadonlySet<string> = new Set(
  CONFIG_PATHS.filter((path) => CONFIG_PATHS.some((other) => other.startsWith(`${path}.`))),
);

function valuesOf(path: string, values: string, text: string, field: string): (string | number | boolean)[] {
  const range = RANGE.exec(values);
  if (range !== null) return rangeOf(Number(range[1]), Number(range[2]), range[3], text, field);
  if (/^-?\d.*\.\./.test(values)) {
    throw new InputError(
      field,
      text,
      'a range from a number above 0 to a greater one, such as 100..20000',
      'ERR_SWEEP',
    );
  }
  const list = values.split(',').map((each) => each.trim());
  if (list.some((each) => each === '')) throw new InputError(field, text, EXAMPLES, 'ERR_SWEEP');
  const read = list.map((each) => (!isTextPath(path) && NUMBER.test(each) ? Number(each) : each));
  return [...new Set(read)];
}

function rangeOf(from: number, to: number, count: string | undefined, text: string, field: string): number[] {
  const points = count === undefined ? RANGE_POINTS : Number(count);
  if (!(from > 0) || !(to > from)) {
    throw new InputError(
      field,
      text,
      'a range from a number above 0 to a greater one, such as 100..20000',
      'ERR_SWEEP',
    );
  }
  if (points < 2 || points > POINTS_MAX) {
    throw new InputError(field, text, `2 to ${POINTS_MAX} points in a range`, 'ERR_SWEEP');
  }
  const isWhole = Number.isInteger(from) && Number.isInteger(to);
  const step = Math.log(to / from) / (points - 1);
  const all = Array.from({ length: points }, (_, at) => {
    if (at === 0) return from;
    if (at === points - 1) return to;
    const value = from * Math.exp(step * at);
    return isWhole ? Math.round(value) : Number(value.toPrecision(6));
  });
  return [...new Set(all)];
}

/** All points of the axes, the first axis changing slowest. */
export function gridOf(axes: readonly SweepAxis[]): (string | number | boolean)[][] {
  return axes.reduce<(string | number | boolean)[][]>(
    (rows, { values }) => rows.flatMap((row) => values.map((value) => [...row, value])),
    [[]],
  );
}

/** The surface with what describes it: a curve along users for each combination of the other axes. */
export function sweepOf(axes: readonly SweepAxis[], points: readonly SweepPoint[]): Sweep {
  const along = axes.findIndex(({ path }) => path === 'users');
  if (along < 0) return { axes, points, curves: [] };
  const byLabel = new Map<string, SweepPoint[]>();
  for (const point of points) {
    const label = point.at
      .flatMap((value, at) => (at === along ? [] : [`${axes[at]!.path} ${String(value)}`]))
      .join(', ');
    byLabel.set(label, [...(byLabel.get(label) ?? []), point]);
  }
  const curves = [...byLabel].map(([label, all]) => curveOf(label, all));
  return { axes, points, curves };
}

/** What describes points of growing load. */
export function curveOf(label: string, all: readonly Pick<SweepPoint, 'point'>[]): SweepCurve {
  const points = all.map(({ point }) => point).toSorted((a, b) => a.users - b.users);
  const latencies = points.flatMap(({ users, p95Ms }) => (p95Ms === null ? [] : [{ x: users, y: p95Ms }]));
  return {
    label,
    throughputKnee: kneeOf(points.map(({ users, achieved }) => ({ x: users, y: achieved }))),
    latencyKnee: kneeOf(latencies, true),
    usl: fitUsl(points.map(({ users, achieved }) => ({ load: users, rate: achieved }))),
  };
}
