// The reference of file formats: the keys of what commands write and read, as the code declares them.
import { membersOf } from './declarations.ts';
import { code, table, words } from './markdown.ts';

/** A format: its title, where its parts are declared, and in a sentence what writes and reads it. */
interface Format {
  readonly title: string;
  readonly about: string;
  readonly parts: readonly (readonly [name: string, file: string, about: string])[];
}

const HUNT = 'cli/hunt-result.ts';
const FINDING = 'scenarios/search/finding-file.ts';
const BASELINE = 'scenarios/baseline/baseline-file.ts';
const COMPARISON = 'scenarios/baseline/comparison.ts';

export const FORMATS: readonly Format[] = [
  {
    title: 'Result of a run',
    about:
      "`squall run --json`, `import { run } from 'squall'`; read by `squall report`. Two results of one seed are equal but for `wallMs` and `runtime`.",
    parts: [
      ['Result', 'scenarios/result.ts', ''],
      ['Timeline', 'scenarios/timeline.ts', 'Its `timeline`.'],
      ['PhaseHistogram', 'scenarios/timeline.ts', 'One of its `histograms`.'],
      ['Finding', 'models/finding.ts', 'One of its `findings`.'],
      ['Parting', 'models/finding.ts', 'The `parting` of a finding.'],
    ],
  },
  {
    title: 'Result of a hunt',
    about: '`squall hunt --json` and `squall merge --json`; read by `squall merge` and `squall report`.',
    parts: [
      ['HuntResult', HUNT, ''],
      ['HuntResultFinding', HUNT, 'One of its `findings`.'],
    ],
  },
  {
    title: 'Finding file',
    about:
      'Written by `squall hunt` and `squall shrink`, read by `squall replay` and `squall report`. It is data and is never run; unknown keys are refused.',
    parts: [['FindingFile', FINDING, '']],
  },
  {
    title: 'Result of a replay',
    about: '`squall replay --json`; read by `--base-replay` and `squall report`.',
    parts: [
      ['ReplayResult', 'cli/report/reported.ts', ''],
      ['Replayed', 'cli/commands/replay.ts', 'One of its `files`.'],
    ],
  },
  {
    title: 'Accepted findings (known.json)',
    about:
      '`{ "known": [ … ] }`, read by `--known`. Of one signature and scenario there is at most one entry; unknown keys are refused.',
    parts: [['KnownFinding', 'cli/known-findings.ts', 'One entry of `known`.']],
  },
  {
    title: 'Baseline',
    about:
      '`baselines/<profile>.<scenario>.json`, written by `squall baseline update`, read by `squall baseline check`. It holds nothing that another machine or day would change; unknown keys are refused.',
    parts: [
      ['Baseline', BASELINE, ''],
      ['Versions', BASELINE, 'Its `versions`.'],
    ],
  },
  {
    title: 'Result of a baseline check',
    about: '`squall baseline check --json`; read by `squall report`.',
    parts: [
      ['BaselineCheck', COMPARISON, ''],
      ['BaselineComparison', COMPARISON, 'One of its `comparisons`.'],
      ['ComparedFigure', COMPARISON, 'One of the `figures` of a comparison.'],
      ['Change', COMPARISON, 'One of the `changes` of a comparison.'],
    ],
  },
];

/** All formats: one table for each of their parts. */
export function formatsText(): string {
  return FORMATS.map(({ title, about, parts }) => {
    const tables = parts.map(([name, file, said]) => {
      const rows = membersOf(file, name).map(({ name: key, isOptional, type, comment }) => [
        code(key),
        code(type.replaceAll('readonly ', '')),
        isOptional ? 'may be left out' : '',
        words(comment),
      ]);
      return `${said === '' ? '' : `${said}\n\n`}${table(['key', 'type', '', 'what it is'], rows)}`;
    });
    return `### ${title}\n\n${about}\n\n${tables.join('\n\n')}`;
  }).join('\n\n');
}
