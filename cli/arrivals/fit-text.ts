// A fitted workload as text: what it is, and how well it fits. It must not know how it was fitted.
import type { SizeDistribution, TimeDistribution } from '../../scenarios/arrivals/distributions.ts';
import type { WorkloadFit } from '../../scenarios/arrivals/fit.ts';
import { grouped, type Paint, percent, short, time } from '../report/format.ts';
import { originText } from './origin-text.ts';

/** Distances from which on a fit is said to miss something. */
const DISTANCE_MAX = 0.1;
const SPARKS = '▁▂▃▄▅▆▇█';

function timesText(of: TimeDistribution): string {
  if (of.kind === 'exponential') return `exponential, mean ${time(of.mean)}`;
  if (of.kind === 'lognormal') return `lognormal, median ${time(of.median)}, σ ${short(of.sigma)}`;
  return `hyper-exponential, mean ${time(of.mean)}, and ${time(of.longMean)} for ${percent(of.longShare)}`;
}

function sizesText(of: SizeDistribution): string {
  if (of.kind === 'uniform') return `uniform, ${of.min}–${of.max}`;
  if (of.kind === 'geometric') return `geometric, mean ${short(of.mean)}, at most ${of.max}`;
  return `lognormal, median ${short(of.median)}, σ ${short(of.sigma)}, at most ${of.max}`;
}

function sparkOf(values: readonly number[]): string {
  const most = Math.max(...values, Number.MIN_VALUE);
  return values.map((value) => SPARKS[Math.min(7, Math.floor((value / most) * 8))]).join('');
}

/** Some lines, aligned; what misses something is marked. */
export function fitText(fit: WorkloadFit, paint: Paint): string {
  const { origin, mix, think, changes, bursts, daily } = fit;
  const misses: string[] = [];
  const distance = (what: string, value: number, name = 'KS'): string => {
    const text = `${name} ${value.toFixed(3)}`;
    if (value <= DISTANCE_MAX) return text;
    misses.push(what);
    return paint('yellow', text);
  };
  const found = bursts.bursts;
  const burstWords =
    found === undefined
      ? `none that last (index of dispersion ${short(bursts.dispersion)} in windows of ${time(bursts.windowMs)})`
      : `× ${short(found.burstRate)} for ${time(found.burstMsMean)}, × ${short(found.calmRate)} for ${time(found.calmMsMean)} between ` +
        `(index of dispersion ${short(bursts.dispersion)})`;
  const rows: [string, string][] = [
    ['record', originText(origin)],
    ['rate', `${short(fit.rate)} requests/s of ${grouped(origin.users)} users`],
    [
      'mix',
      `${percent(mix.pushShare)} pushes; pairs: ${distance('what follows what', mix.pairsTotalVariation, 'total variation')}`,
    ],
    [
      'think',
      `${timesText(think.distribution)}; ${distance('think times', think.ksDistance)} (n ${grouped(think.samples)}, × ${short(think.paceFactor)} for the rate)`,
    ],
    [
      'changes',
      changes === undefined
        ? 'no pushes'
        : `${sizesText(changes.distribution)}; ${distance('changes of a push', changes.ksDistance)} (n ${grouped(changes.samples)})`,
    ],
    ['bursts', burstWords],
    [
      'day',
      daily.isTold
        ? `${sparkOf(daily.hours)} by hour, UTC; total variation from an even day ${daily.totalVariation.toFixed(3)}`
        : 'the record is shorter than 3 h: all hours alike',
    ],
  ];
  const lines = rows.map(([key, value]) => `  ${key.padEnd(10)}${value}\n`).join('');
  if (misses.length === 0) return lines;
  return `${lines}  the fit does not tell all of: ${misses.join(', ')}; --arrivals replays the record itself\n`;
}
