// The points of a capacity answer as CSV: those of the search, then those of a sweep. It must not know where it is written.
import type { CapacityPoint, CapacityResult } from '../../scenarios/capacity/result.ts';
import { type Cell, csvText } from '../history/csv.ts';

const OWN = [
  'kind',
  'users',
  'seed',
  'window_ms',
  'offered_per_s',
  'achieved_per_s',
  'requests',
  'p50_ms',
  'p95_ms',
  'p99_ms',
];
const JUDGED = ['failed_share', 'met', 'margin', 'bytes_sent', 'bytes_received'];

/** All points; columns for axes of a sweep and for the use of each part come last, by name. */
export function capacityCsv({ points, sweep }: CapacityResult): string {
  const axes = (sweep?.axes ?? []).map(({ path }) => path).filter((path) => path !== 'users');
  const all = [...points, ...(sweep?.points ?? []).map(({ point }) => point)];
  const parts = [...new Set(all.flatMap(({ use }) => use.map(({ part }) => part)))].sort();
  const row = (kind: string, point: CapacityPoint, at: readonly Cell[]): Cell[] => [
    kind,
    point.users,
    point.seed,
    point.windowMs,
    point.offered,
    point.achieved,
    point.requests,
    point.p50Ms,
    point.p95Ms,
    point.p99Ms,
    point.failed,
    point.isMet ? 1 : 0,
    point.margin,
    point.bytesSent,
    point.bytesReceived,
    ...at,
    ...parts.map((part) => point.use.find((each) => each.part === part)?.share ?? null),
  ];
  const rows = points.map((point) =>
    row(
      point.isLong ? 'confirmation' : 'search',
      point,
      axes.map(() => null),
    ),
  );
  for (const { at, point } of sweep?.points ?? []) {
    const values = at.filter((_, index) => sweep!.axes[index]!.path !== 'users');
    rows.push(
      row(
        'sweep',
        point,
        values.map((value) => (typeof value === 'boolean' ? String(value) : value)),
      ),
    );
  }
  return csvText([...OWN, ...JUDGED, ...axes, ...parts.map((part) => `use ${part}`)], rows);
}
