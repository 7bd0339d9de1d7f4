// The kept runs as a table, as wide as the terminal allows. It must not know where runs are kept.

import { visibleLine } from '../../sim/visible-text.ts';
import { type Paint, shortCount, time } from '../report/format.ts';
import type { KeptRun } from './store.ts';

interface Column {
  readonly title: string;
  readonly isRight?: boolean;
  /** Columns with a higher number give way first where there is no room; those of 0 stay. */
  readonly givesWay: number;
  readonly text: (run: KeptRun) => string;
}

/** Longer texts are cut. */
const TEXT_MOST = 32;

const COLUMNS: readonly Column[] = [
  { title: 'run', isRight: true, givesWay: 0, text: ({ id }) => String(id) },
  { title: 'saved', givesWay: 2, text: ({ savedAt }) => savedAt.slice(0, 16).replace('T', ' ') },
  { title: 'scenario', givesWay: 0, text: ({ scenario }) => scenario },
  { title: 'profile', givesWay: 1, text: ({ profile }) => profile },
  { title: 'clock', givesWay: 8, text: ({ clock }) => clock },
  { title: 'side', givesWay: 7, text: ({ side }) => side },
  { title: 'seed', givesWay: 3, text: ({ seed }) => seed },
  { title: 'events', isRight: true, givesWay: 9, text: ({ events }) => shortCount(events) },
  { title: 'took', isRight: true, givesWay: 6, text: ({ wallMs }) => time(wallMs) },
  { title: 'commit', givesWay: 4, text: ({ commit }) => commit?.slice(0, 7) ?? '–' },
  { title: 'trace', givesWay: 5, text: ({ traceHash }) => traceHash.slice(0, 8) },
  { title: 'verdict', givesWay: 0, text: ({ verdict }) => verdict },
];

/** The table, the newest run last; equal runs (one seed, one trace) are told below. */
export function listText(runs: readonly KeptRun[], columns: number, paint: Paint): string {
  let shown = COLUMNS.map((column) => {
    const cells = runs.map((run) => cut(visibleLine(column.text(run))));
    return { ...column, cells, width: Math.max(column.title.length, ...cells.map((cell) => cell.length)) };
  });
  const widthOf = (): number => shown.reduce((sum, { width }) => sum + width + 2, -2);
  while (widthOf() > columns) {
    const first = shown.reduce((least, column) => (column.givesWay > least.givesWay ? column : least));
    if (first.givesWay === 0) break;
    shown = shown.filter((column) => column !== first);
  }
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) =>
        shown[index]!.isRight === true ? text.padStart(shown[index]!.width) : text.padEnd(shown[index]!.width),
      )
      .join('  ')
      .trimEnd();
  const lines = [paint('dim', line(shown.map(({ title }) => title)))];
  for (const [row, run] of runs.entries()) {
    const text = line(shown.map(({ cells }) => cells[row]!));
    lines.push(run.verdict === 'passed' ? text : paint('red', text));
  }
  return `${[...lines, ...equalLines(runs)].join('\n')}\n`;
}

/** Simulated runs of one seed and one trace are the same run, told with how often. */
function equalLines(runs: readonly KeptRun[]): string[] {
  const groups = new Map<string, KeptRun[]>();
  for (const run of runs) {
    if (run.clock !== 'virtual') continue;
    const key = JSON.stringify([run.scenario, run.profile, run.seed, run.configHash, run.traceHash]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  const equal = [...groups.values()].filter((group) => group.length > 1);
  if (equal.length === 0) return [];
  const told = equal.map((group) => {
    const { scenario, profile, seed } = group[0]!;
    const name = cut(visibleLine(`${scenario}, ${profile}, seed ${seed}`));
    return `  ${group.length}× ${name}: runs ${idsText(group)}`;
  });
  return ['', 'equal, event for event:', ...told];
}

function idsText(group: readonly KeptRun[]): string {
  const ids = group.map(({ id }) => id);
  return ids.length <= 4 ? ids.join(', ') : `${ids.slice(0, 3).join(', ')} … ${ids.at(-1)}`;
}

function cut(text: string): string {
  return text.length <= TEXT_MOST ? text : `${text.slice(0, TEXT_MOST - 1)}…`;
}
