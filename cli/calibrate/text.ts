// What squall calibrate prints: each step as it is done, then the figures, what is left between the model and the measurements,
// and how repeats differ. It must not know how anything was measured.
import type { Calibration, Residual } from '../../scenarios/capacity/calibration-file.ts';
import { decimals, type Paint, percent, short } from '../report/format.ts';
import { shownQuantiles } from './calibrate.ts';
import type { Attempt } from './session.ts';

/** One line for a step that was done. */
export function attemptText(attempt: Attempt, progress: number, paint: Paint): string {
  const { load, repeat, answers, seconds, reasons } = attempt.step;
  const { p50Ms, p95Ms } = shownQuantiles(attempt);
  const rate = `${short(answers / seconds)}/s`.padStart(9);
  const times = `p50 ${decimals(p50Ms, 2)}ms  p95 ${decimals(p95Ms, 2)}ms`.padEnd(28);
  const sign = reasons.length === 0 ? paint('green', '✓') : paint('yellow', '~');
  const why = reasons.length === 0 ? '' : paint('yellow', `  disturbed: ${reasons.join(', ')}`);
  const when = `${String(Math.round(progress * 100)).padStart(3)}%`;
  return `${when} ${sign} round ${repeat + 1}  ${load.name.padEnd(24)}${rate}  ${times}${why}\n`;
}

const FIGURES: readonly (readonly [keyof Calibration['service'], string])[] = [
  ['turnMs', 'each turn of the loop'],
  ['pushMs', 'a push'],
  ['pushMsPerChange', 'and each change of it'],
  ['pullMs', 'a pull'],
  ['pullMsPerRow', 'and each row of it'],
  ['commitMs', 'each commit'],
  ['commitMsPerChange', 'and each change in it'],
  ['idleMs', 'more, after a rest'],
];

/** The fit, its residuals and its notes. */
export function calibrationText(calibration: Calibration, paint: Paint): string {
  const { service, serviceSigma, clientDelayMs, clientDelayRestedMs, noise, interval, machine, relay, notes } =
    calibration;
  const lines = [
    '',
    paint('bold', `calibration of ${relay.side}${relay.store === null ? '' : ` over ${relay.store}`}`),
    `  ${machine.cpu}, ${machine.cores} cores, ${machine.platform}, node ${machine.node}`,
    '',
    ...FIGURES.map(([key, what]) => `  ${what.padEnd(26)}${decimals(Number(service[key]), 4)} ms`),
    `  ${'a rest is'.padEnd(26)}${service.idleAfterMs === 0 ? 'not visible' : `${service.idleAfterMs} ms or more`}`,
    `  ${'long commits'.padEnd(26)}${service.checkpointChanges === 0 ? 'none seen' : `every ${service.checkpointChanges} changes, ${decimals(service.checkpointMs, 2)} ms more`}`,
    `  ${'stalls'.padEnd(26)}${short(service.stallsPerMinute)} a minute, median ${decimals(service.stallMsMedian, 2)} ms, sigma ${decimals(service.stallSigma, 2)}`,
    `  ${'spread of requests'.padEnd(26)}sigma ${decimals(serviceSigma, 2)}`,
    `  ${'the client’s own delay'.padEnd(26)}p50 ${decimals(clientDelayMs.p50, 2)} ms, p95 ${decimals(clientDelayMs.p95, 2)} ms; after a rest ${decimals(clientDelayRestedMs.p50, 2)} and ${decimals(clientDelayRestedMs.p95, 2)} ms`,
    '',
    paint('bold', 'measured, and as the model has it'),
    `  ${'step'.padEnd(34)}${'figure'.padEnd(17)}${'measured'.padStart(10)}${'model'.padStart(10)}${'error'.padStart(9)}${'repeats'.padStart(10)}`,
    ...calibration.residuals.map((residual) => residualText(residual)),
    '',
    `  repeats differ by ${percent(noise.latency)} in latency and ${percent(noise.throughput)} in throughput (relative standard deviation)`,
    `  the true throughput is ${decimals(interval.low, 2)} to ${decimals(interval.high, 2)} times the predicted one (95%)`,
    ...(notes.length === 0 ? [] : ['', paint('bold', 'what the model does not explain, or could not be told')]),
    ...notes.map((note) => `  - ${note}`),
    '',
  ];
  return lines.join('\n');
}

function residualText({ step, part, figure, measured, predicted, error, noise }: Residual): string {
  const name = part === '' ? step : `${step}, ${part}`;
  const off = `${error >= 0 ? '+' : '−'}${(Math.abs(error) * 100).toFixed(1)}%`;
  const repeats = noise === null ? '–' : `±${(noise * 100).toFixed(1)}%`;
  return `  ${name.padEnd(34)}${figure.padEnd(17)}${short(measured).padStart(10)}${short(predicted).padStart(10)}${off.padStart(9)}${repeats.padStart(10)}`;
}
