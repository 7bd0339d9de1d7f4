// A hunt as text: what it begins with, how far it is, and what it comes to. It must not know how it went about it.
import type { Config } from '../../scenarios/config-schema.ts';
import { seedsRan } from '../../scenarios/search/hunt-statement.ts';
import { TOOL } from '../../scenarios/version.ts';
import { visibleLine } from '../../sim/visible-text.ts';
import { formatDuration } from '../durations.ts';
import type { Kept } from '../finding-files.ts';
import type { HuntVerdict } from '../hunt-result.ts';
import type { Investigated } from '../hunt-tasks.ts';
import type { HunterFinding, HuntOutcome, HuntProgress } from '../hunter.ts';
import { fails, type Judgement } from '../known-findings.ts';
import { grouped, type Paint, short, time } from './format.ts';
import { counted, sizeText } from './size.ts';

/** What a hunt was asked for. */
export interface HuntPlan {
  /** Of the first seed's storm. */
  readonly config: Config;
  readonly isStorm: boolean;
  readonly seeds: string;
  readonly findingsMax: number;
  readonly forMs: number | undefined;
  readonly workers: number;
}

/** A few lines before a hunt begins. */
export function huntHeader({ config, isStorm, seeds, findingsMax, forMs, workers }: HuntPlan, paint: Paint): string {
  const ends = [
    `stops at ${counted(findingsMax, 'distinct finding')}`,
    ...(forMs === undefined ? [] : [`or after ${formatDuration(forMs)}`]),
  ];
  const storms = isStorm ? '2–8 devices, 10–100 edits each' : `${grouped(config.users)} users each`;
  const rows: [string, string][] = [
    ['storms', `${config.profile}: ${storms}`],
    ['devices', `documents ${config.documents}, sync by ${config.sync}, dialect ${config.dialect}`],
    ['network', config.network.name],
    ['faults', config.faults.name],
    ['hunt', `${counted(workers, 'worker')}, ${ends.join(' ')}`],
  ];
  const title = `${TOOL.name} ${TOOL.version} · hunt ${config.scenario} · seeds ${seeds}`;
  return `${paint('bold', title)}\n${rows.map(([key, value]) => `  ${key.padEnd(10)}${value}\n`).join('')}`;
}

/** One line: seeds done and a second, findings, faults and marks reached, what is being shrunk. */
export function huntLine({ tally, done, shrinking, shrunk }: HuntProgress, of: number, elapsedMs: number): string {
  const rate = done / Math.max(elapsedMs / 1000, 0.001);
  const left = rate > 0 ? `  ${formatDuration(Math.ceil((of - done) / rate) * 1000)} left` : '';
  const parts = [
    `${grouped(done)} of ${grouped(of)} seeds`,
    `${short(rate)} seeds/s`,
    `${counted(tally.failed, 'seed')} with findings, ${grouped(tally.found.length)} distinct`,
    `faults ${reached(tally.faults)}`,
    `marks ${reached(tally.marks)}`,
    ...(tally.dead.length === 0 ? [] : [`${grouped(tally.dead.length)} lost`]),
  ];
  const shrinks =
    shrinking === 0 || shrunk === undefined ? '' : `  shrinking ${grouped(shrinking)}: ${sizeText(shrunk)}`;
  return `${parts.join('  ')}${shrinks || (done < of ? left : '')}`;
}

/** `7 of 9`: kinds that were counted at least once. */
function reached(totals: Readonly<Record<string, number>>): string {
  const counts = Object.values(totals);
  return `${counts.filter((count) => count > 0).length} of ${counts.length}`;
}

const DEAD_SHOWN = 10;

/**
 * A finding: what it is, where it is kept, and the explanation; one that is known is told in short.
 * @param command what runs its seed again, for one that could not be kept
 */
export function findingText(
  finding: HunterFinding,
  kept: Kept | undefined,
  command: string,
  explain: (found: Investigated) => string,
  isInterrupted: boolean,
  judgement: Judgement,
  paint: Paint,
): string {
  const { found, lost } = finding;
  const title = findingTitle(finding, judgement, paint);
  if (found === undefined) return `${title}  not kept: ${lost ?? ''}\n  run its seed again with:\n    ${command}\n`;
  if (!fails(judgement.standing)) return `${title}${kept === undefined ? '' : keptText(kept)}`;
  const { file } = found;
  const end = isInterrupted ? 'interrupted' : 'time was over';
  const more = file.isFullyShrunk === false ? `; ${end}; squall shrink goes on` : '';
  const sizes = `  ${sizeText(file.sizeBefore)}\n  shrunk to ${sizeText(file.sizeAfter)}${more}\n\n`;
  const text = title + sizes + indented(explain(found));
  if (kept === undefined) return `${text}\n  not kept; run its seed again with:\n    ${command}\n`;
  return `${text}\n${keptText(kept)}`;
}

/** What a finding is and which seeds show it; where somebody knows of it, what they say. */
export function findingTitle(
  { kind, signature, seed, seedCount }: Pick<HunterFinding, 'kind' | 'signature' | 'seed' | 'seedCount'>,
  { standing, reason }: Judgement,
  paint: Paint,
): string {
  const others = seedCount > 1 ? ` and ${counted(seedCount - 1, 'other')}` : '';
  const sign = fails(standing) ? paint('red', '✗') : paint('yellow', '!');
  const title = `${sign} ${paint('bold', visibleLine(`${kind}: ${signature}`))}  seed ${visibleLine(seed)}${others}\n`;
  return reason === '' ? title : `${title}  ${paint(fails(standing) ? 'red' : 'yellow', visibleLine(reason))}\n`;
}

function keptText({ what, file, held }: Kept): string {
  return `  ${KEPT[what]} ${file}; replay it with:\n    ${held.command}\n`;
}

const KEPT = {
  new: 'kept in',
  replaced: 'kept in the place of an older one in',
  'older stays': 'not written over a smaller one in',
} as const;

/** Columns by which an explanation is set in. */
export const INDENT = 2;

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(INDENT));
}

/**
 * What became of all seeds, and what that proves.
 * @param expected how many seeds were to run
 * @param isQuiet leaves out which faults fired and which marks were reached
 */
export function huntSummary(
  { tally }: HuntOutcome,
  statement: readonly string[],
  expected: number,
  elapsedMs: number,
  isQuiet: boolean,
  paint: Paint,
): string {
  const rate = (tally.seeds * 1000) / Math.max(1, elapsedMs);
  return [
    deadText(tally.dead, paint),
    `${counted(tally.seeds, 'seed')} in ${time(elapsedMs)}, ${short(rate)} seeds/s\n`,
    ...(isQuiet ? [] : [totalsText('faults', tally.faults), totalsText('marks', tally.marks)]),
    '\n',
    ...(tally.found.length === 0
      ? statement
      : [`${grouped(tally.failed)} of ${grouped(tally.seeds)} seeds failed`, seedsRan(tally.seeds, expected)]
    ).map((line) => `${line}\n`),
  ].join('');
}

/** Faults or marks of all seeds. */
export function totalsText(title: string, totals: Readonly<Record<string, number>>): string {
  const hit = Object.entries(totals).filter(([, count]) => count > 0);
  if (hit.length === 0) return '';
  return `  ${title}: ${visibleLine(hit.map(([name, count]) => `${name} ${grouped(count)}`).join(', '))}\n`;
}

/** Seeds whose worker died, with the reason, the first of them. */
export function deadText(dead: readonly { seed: string; reason: string }[], paint: Paint): string {
  const shown = dead
    .slice(0, DEAD_SHOWN)
    .map(({ seed, reason }) => paint('yellow', `! ${visibleLine(`seed ${seed} died: ${reason}`)}\n`));
  const more = dead.length - shown.length;
  return shown.join('') + (more > 0 ? `  and ${grouped(more)} more; --json <file> has them all\n` : '');
}

const VERDICTS: Readonly<Record<HuntVerdict, string>> = {
  clean: 'no findings',
  safety: 'a safety finding',
  liveness: 'a liveness finding',
  inconclusive: 'inconclusive: seeds were lost',
  interrupted: 'interrupted: what is above is what there was',
  unwritten: 'what was found could not be written',
  failed: 'ended by an error',
};

/** The last line. */
export function huntVerdict(outcome: HuntOutcome, verdict: HuntVerdict, exitCode: number, paint: Paint): string {
  const { findings, isOutOfTime } = outcome;
  return verdictText(
    verdict,
    exitCode,
    findings.length,
    isOutOfTime ? '; its time was over before its seeds were' : '',
    paint,
  );
}

/** The same of any hunt. @param more what is to be said beside, from its semicolon on */
export function verdictText(
  verdict: HuntVerdict,
  exitCode: number,
  findings: number,
  more: string,
  paint: Paint,
): string {
  const distinct = findings === 0 ? '' : `; ${counted(findings, 'distinct finding')}`;
  if (verdict === 'clean') {
    const words = findings === 0 ? VERDICTS.clean : `${VERDICTS.clean} but known ones`;
    return paint(['green', 'bold'], `✓ ${words}${distinct}${more}`);
  }
  return paint(['red', 'bold'], `✗ ${VERDICTS[verdict]} (exit ${exitCode})${distinct}${more}`);
}
