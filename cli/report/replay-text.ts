// A replay as text: the verdict in one line, and where two traces part. It must not know how it was run.
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import type { Replay, TraceDifference } from '../../scenarios/search/replay.ts';
import { visibleLine } from '../../sim/visible-text.ts';
import type { Paint } from './format.ts';

/** What is not exercised any more, of which so much is shown. */
const SHOWN = 3;

/** One line: verdict, file, which finding. */
export function verdictLine(
  name: string,
  { finding }: FindingFile,
  replay: Replay,
  mustBeExact: boolean,
  paint: Paint,
): string {
  const was = visibleLine(`${finding.kind}: ${finding.signature}`);
  const exact = mustBeExact ? (replay.isExact ? ', the same trace' : ', another trace') : '';
  switch (replay.verdict) {
    case 'reproduced': {
      const now = visibleLine(replay.finding!.signature);
      const changed = replay.finding!.signature === finding.signature ? '' : `, now as ${now}`;
      return `${paint('red', '✗')} reproduced${exact}  ${name}  ${was}${changed}`;
    }
    case 'other':
      return `${paint('red', '✗')} another failure${exact}  ${name}  ${visibleLine(`${replay.finding!.kind}: ${replay.finding!.signature}`)}, not ${was}`;
    case 'gone':
      return `${paint('green', '✓')} gone${exact}  ${name}  ${was}`;
    case 'not-exercised': {
      const { unexercised } = replay;
      const more = unexercised.length > SHOWN ? ` and ${unexercised.length - SHOWN} more` : '';
      const what = `${unexercised.slice(0, SHOWN).join(', ')}${more}`;
      return `${paint('yellow', '?')} not exercised any more${exact}  ${name}  ${was}: ${what}`;
    }
  }
}

/** The first event that differs, with those before it. */
export function differenceText({ index, expected, got, before }: TraceDifference): string {
  return [
    `  the traces part at event ${index}:`,
    ...before.map((event) => `      ${event}`),
    `    - ${expected}`,
    `    + ${got}`,
    '',
  ].join('\n');
}
