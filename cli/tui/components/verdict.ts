// The verdict of a run or a hunt as it is by now, in a sign and a word or two. It must not know where it stands.

import type { ThresholdResult } from '../../../scenarios/thresholds.ts';
import { counted } from '../../report/size.ts';
import type { Frame, HuntFrame, RunFrame } from '../messages.ts';
import { type Line, type Span, span } from './spans.ts';

const GOOD: ReadonlySet<string> = new Set(['passed', 'clean']);
/** Verdicts that are neither good nor bad. */
const OPEN: ReadonlySet<string> = new Set(['interrupted', 'inconclusive']);

/** What is known so far, and at the end what it came to; empty before anything is known. */
export function verdictLine(frame: Frame | undefined): Line {
  if (frame === undefined) return [];
  const { verdict } = frame;
  if (verdict !== null) return [ended(verdict)];
  return [frame.kind === 'run' ? runSoFar(frame) : huntSoFar(frame)];
}

function ended(verdict: string): Span {
  if (GOOD.has(verdict)) return span(`✓ ${verdict}`, 'good');
  return OPEN.has(verdict) ? span(`! ${verdict}`, 'notable') : span(`✗ ${verdict}`, 'bad');
}

/** Whether a threshold is crossed by now: what was not sampled yet, or is still to be counted, may reach it. */
export function isThresholdCrossed({ ok, value, expression }: ThresholdResult, hasEnded: boolean): boolean {
  return !ok && (hasEnded || (value !== null && !/^\s*count\s*>/.test(expression)));
}

function runSoFar({ snapshot: { findings, moreFindings = 0, thresholds, phase } }: RunFrame): Span {
  const found = findings.length + moreFindings;
  const crossed = thresholds.filter((threshold) => isThresholdCrossed(threshold, false)).length;
  const bad = [
    ...(found === 0 ? [] : [counted(found, 'finding')]),
    ...(crossed === 0 ? [] : [`${counted(crossed, 'threshold')} crossed`]),
  ];
  if (bad.length > 0) return span(`✗ ${bad.join(', ')}`, 'bad');
  return phase === 'judging' ? span('judging …', 'notable') : span('✓ passing', 'good');
}

function huntSoFar({ findings }: HuntFrame): Span {
  return findings.length === 0 ? span('✓ passing', 'good') : span(`✗ ${counted(findings.length, 'finding')}`, 'bad');
}
