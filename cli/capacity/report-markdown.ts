// A capacity answer as Markdown. It must not know how it was found, nor where it is written.
import type { CapacityResult } from '../../scenarios/capacity/result.ts';
import { table, words } from '../report/markdown-table.ts';
import { answerFacts, costCells, headline, POINT_HEAD, pointCells, whatIfText } from './text.ts';

/** The report. Equal answers give equal bytes. */
export function capacityMarkdown(result: CapacityResult): string {
  const { points, sweep, whatIfs, costs, notes } = result;
  const rows = (cells: readonly (readonly string[])[]): string[][] => cells.map((row) => row.map(words));
  const axes = (sweep?.axes ?? []).map(({ path }) => words(path));
  const swept = (sweep?.points ?? []).map(({ at, point }) => [
    ...at.map((value) => String(value)),
    ...pointCells(point).filter((_, column) => column !== 1 && column !== 2 && column !== 3),
  ]);
  const [head, ...costRows] = costs === null ? [[]] : costCells(costs);
  return [
    `# Capacity of ${words(result.scenario)}: ${words(headline(result))}\n`,
    table(['', ''], rows(answerFacts(result))),
    `## Points\n`,
    table(POINT_HEAD, rows(points.map(pointCells))),
    ...(sweep === null
      ? []
      : [
          `## Sweep\n`,
          table([...axes, ...POINT_HEAD.filter((_, at) => at !== 1 && at !== 2 && at !== 3)], rows(swept)),
        ]),
    ...(whatIfs.length === 0
      ? []
      : [`## What if\n`, table(['question', 'answer'], rows(whatIfs.map((each) => [each.title, whatIfText(each)])))]),
    ...(costs === null ? [] : [`## Costs\n`, table(head!, rows(costRows))]),
    ...(notes.length === 0 ? [] : [`## To know\n`, ...notes.map((note) => `- ${words(note)}`), '']),
  ].join('\n');
}
