// The distributions behind a run's trends as curves: the value at each percentile, on an axis that gives the last percent as
// much room as it deserves. Decodes what a result holds; it must not know which trends there are.

import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { PhaseHistogram } from '../../../scenarios/timeline.ts';
import { time } from '../format.ts';
import { logTicks, near, niceTicks, place, tickText } from './axis.ts';
import { LINEAR_SPAN } from './chart.ts';
import { type Markup, markup, NOTHING } from './markup.ts';

const HEIGHT = 220;
const ACROSS = 1000;
/** Points of a curve for each power of ten of 1 ÷ (1 − share). */
const POINTS = 24;

/** One curve. */
export interface Curve {
  readonly label: string;
  readonly color: number;
  readonly isDashed: boolean;
  readonly histogram: Histogram;
}

/** By metric, all its phases together; one that cannot be decoded is left out. */
export function totalsOf(histograms: readonly PhaseHistogram[]): Map<string, Histogram> {
  const totals = new Map<string, Histogram>();
  for (const { metric, hdr } of histograms) {
    try {
      const histogram = decodeFromCompressedBase64(hdr);
      if (histogram.totalCount === 0) continue;
      const total = totals.get(metric);
      if (total === undefined) totals.set(metric, histogram);
      else total.add(histogram);
    } catch {
      totals.delete(metric);
    }
  }
  return totals;
}

/** Percentiles from 0 up to where each sample stands alone. @param decades powers of ten that the axis spans */
function percentilesOf(decades: number): number[] {
  return Array.from({ length: decades * POINTS + 1 }, (_, at) => (1 - 10 ** (-at / POINTS)) * 100);
}

/** Some distributions in one picture; nothing where there is none. */
export function distributionFigure(title: string, curves: readonly Curve[], id: string): Markup {
  if (curves.length === 0) return NOTHING;
  const most = Math.max(...curves.map(({ histogram }) => histogram.totalCount));
  const decades = Math.min(5, Math.max(1, Math.ceil(Math.log10(most) - 1e-9)));
  const percentiles = percentilesOf(decades);
  const lines = curves.map(({ histogram }) => {
    // Beyond the last sample's own percentile there is nothing to be seen.
    const own = Math.max(1, Math.ceil(Math.log10(histogram.totalCount) * POINTS) + 1);
    return percentiles
      .slice(0, own)
      .map((percentile) => Math.max(0.001, histogram.getValueAtPercentile(percentile) / 1000));
  });
  const low = Math.min(...lines.map(([first]) => first!));
  const high = Math.max(...lines.map((line) => line.at(-1)!));
  const isLog = high / low > LINEAR_SPAN;
  const ticks = isLog ? logTicks(low, high) : niceTicks(high, 5);
  const [bottom, top] = [ticks[0]!, ticks.at(-1)!];
  const y = (value: number): number => {
    const share = isLog ? Math.log(value / bottom) / Math.log(top / bottom) : value / top;
    return near(HEIGHT - Math.min(1, Math.max(0, share)) * HEIGHT);
  };
  const paths = curves.map(({ color, isDashed }, at) => {
    const points = lines[at]!.map((value, index) => `${near((index / (decades * POINTS)) * ACROSS)} ${y(value)}`);
    return markup`<path class="line s${color}${isDashed ? ' dashed' : ''}" d="M${points.join('L')}"/>\n`;
  });
  const rows = ticks.map(
    (tick) =>
      markup`<line class="grid" x1="0" x2="100%" y1="${y(tick)}" y2="${y(tick)}"/><text class="tick y" x="-8" y="${near(y(tick) + 4)}">${tickText(tick, 'ms')}</text>\n`,
  );
  const legend = curves.map(
    ({ label, color, isDashed }) =>
      markup`<span class="key"><i class="c${color}${isDashed ? ' dashed' : ''}"></i>${label}</span>`,
  );
  return markup`<figure class="chart" id="${id}">
<figcaption><b>${title}</b>${legend}</figcaption>
<div class="plot"><svg class="graph" width="100%" height="${HEIGHT + 22}" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">${title}: time at each percentile</title>
<desc id="${id}-d">${curves.map(({ label, histogram }) => `${label}: ${[50, 90, 99, 100].map((each) => `p${each} ${time(histogram.getValueAtPercentile(each) / 1000)}`).join(', ')}`).join('; ')}</desc>
${rows}${percentileAxis(decades)}<svg width="100%" height="${HEIGHT}" viewBox="0 0 ${ACROSS} ${HEIGHT}" preserveAspectRatio="none" overflow="visible">
${paths}</svg>
</svg></div>
</figure>
`;
}

function percentileAxis(decades: number): Markup[] {
  const marked = ['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'p99.999'];
  return marked.slice(0, decades + 1).map((label) => {
    const share = 1 - Number(label.slice(1)) / 100;
    const at = -Math.log10(share) / decades;
    const x = place(at);
    return markup`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${HEIGHT}"/><text class="tick" x="${x}" y="${HEIGHT + 17}" text-anchor="${at > 0.97 ? 'end' : 'middle'}">${label}</text>\n`;
  });
}
