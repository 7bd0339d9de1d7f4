// The distributions of runs as a histogram log, format 1.3, which HdrHistogram's plotters and tools read: a line for each
// trend and phase. It must not know how a distribution was recorded.
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import type { PhaseHistogram } from '../../scenarios/timeline.ts';
import { TOOL } from '../../scenarios/version.ts';
import { InputError } from '../../sim/errors.ts';
import type { Report, Reported } from './reported.ts';

type Run = Extract<Reported, { kind: 'run' }>;

/**
 * The log of all runs of a report: values in microseconds, times in seconds of virtual time from 0, each interval's maximum
 * in milliseconds. The tag is the metric's name; of several runs, with the number of the run before it: `2:requests`.
 *
 * @throws InputError for a result whose distributions are none
 */
export function hlogReport({ subjects }: Report): string {
  const runs = subjects.filter((subject): subject is Run => subject.kind === 'run');
  const lines = [
    `#[Logged with ${TOOL.name} ${TOOL.version}: values in microseconds, times in seconds of virtual time]`,
    '#[Histogram log format version 1.3]',
    '#[StartTime: 0.000 (seconds since epoch), virtual time]',
  ];
  for (const [index, run] of runs.entries()) {
    const { scenario, profile, seed } = run.result;
    lines.push(`#[Run ${index + 1}: ${[scenario, profile, `seed ${seed}`].map(inComment).join(', ')}]`);
  }
  lines.push('"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"');
  for (const [index, run] of runs.entries()) {
    const prefix = runs.length > 1 ? `${index + 1}:` : '';
    lines.push(...inTime(run.result.histograms ?? []).map((each) => intervalLine(each, prefix, run.name)));
  }
  return `${lines.join('\n')}\n`;
}

/** Readers that look for a span of time end at the first line that begins after it. */
function inTime(histograms: readonly PhaseHistogram[]): PhaseHistogram[] {
  return histograms.toSorted((one, other) => one.startMs - other.startMs);
}

function intervalLine(histogram: PhaseHistogram, prefix: string, name: string): string {
  const { metric, startMs, endMs, hdr } = histogram;
  const maxMs = maxUsOf(histogram, name) / 1000;
  return `Tag=${prefix}${inTag(metric)},${seconds(startMs)},${seconds(endMs - startMs)},${maxMs.toFixed(3)},${hdr}`;
}

/** The greatest value of a distribution that stands in a result, µs, as exactly as its buckets are. */
function maxUsOf(histogram: PhaseHistogram, name: string): number {
  try {
    return distributionOf(histogram).maxValue;
  } catch {
    const field = `histograms of ${histogram.metric}`;
    throw new InputError(field, histogram.hdr, `a distribution as HdrHistogram writes it (in ${name})`, 'ERR_RESULT');
  }
}

/**
 * A distribution that stands in a result, of microseconds.
 * @throws Error where it is none
 */
export function distributionOf({ hdr }: Pick<PhaseHistogram, 'hdr'>): ReturnType<typeof decodeFromCompressedBase64> {
  // What decodes base64 passes over characters that it does not know; a log would not.
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(hdr)) throw new Error('no base64');
  return decodeFromCompressedBase64(hdr, 32);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** A name as a tag, which ends at a comma, a space or a line's end. */
function inTag(text: string): string {
  return text.replaceAll(/[^\w.:/+-]/g, '_');
}

/** A name as part of a comment, which ends with its line. */
function inComment(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]|[[\]]/g, '_');
}
