// A chart over virtual time as a static SVG, the same bytes for the same data. Lines stretch with the page, text does not:
// places along the time axis are percentages. It must not know what is measured.

import { clockText, logTicks, near, niceTicks, place, tickText, timeTicks } from './axis.ts';
import { type Chart, type ChartLine, extentOf, leastOf } from './chart.ts';
import { type Markup, markup, NOTHING } from './markup.ts';

/** Height of a chart's inside, pixels, and the units across it. */
const HEIGHT = 120;
const ACROSS = 1000;
const TIME_TICKS = 6;

/** The chart with its heading and legend. */
export function chartFigure(chart: Chart): Markup {
  const { beyond } = extentOf(chart);
  const above = beyond.map(
    ({ label, ok }) => markup`<span class="key limit${ok ? '' : ' crossed'}">${label} lies above</span>`,
  );
  const drawn = extentOf(chart).drawn.map(
    ({ label, ok }) => markup`<span class="key limit${ok ? '' : ' crossed'}"><i class="dashes"></i>${label}</span>`,
  );
  return markup`<figure class="chart" id="${chart.id}">
<figcaption><b>${chart.title}</b>${chart.isLog && markup`<span class="key">logarithmic</span>`}${legend(chart)}${drawn}${above}</figcaption>
<div class="plot static">${chartSvg(chart)}</div>
</figure>
`;
}

function legend({ lines }: Chart): Markup | Markup[] {
  if (lines.length < 2) return NOTHING;
  return lines.map(
    ({ label, color, isDashed }) =>
      markup`<span class="key"><i class="c${color}${isDashed ? ' dashed' : ''}"></i>${label}</span>`,
  );
}

/** The picture alone. */
export function chartSvg(chart: Chart): Markup {
  const { top, drawn } = extentOf(chart);
  const ticks = chart.isLog ? logTicks(leastOf(chart.lines), top) : niceTicks(top, 4);
  const [start, end] = [ticks[0]!, ticks.at(-1)!];
  const share = (value: number): number =>
    chart.isLog ? Math.log(Math.max(value, start) / start) / Math.log(end / start) : value / end;
  const y = (value: number): number => near(HEIGHT - Math.min(1, share(value)) * HEIGHT);
  const { id, title, unit, endMs, lines } = chart;
  const rows = ticks.map(
    (
      tick,
    ) => markup`<line class="grid" x1="0" x2="100%" y1="${y(tick)}" y2="${y(tick)}"/><text class="tick y" x="-8" y="${near(y(tick) + 4)}">${tickText(tick, unit)}</text>
`,
  );
  return markup`<svg class="graph" width="100%" height="${HEIGHT + 22}" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">${title} over virtual time</title>
<desc id="${id}-d">${describe(chart)}</desc>
${rows}${timeAxis(endMs, HEIGHT)}${bounds(chart)}<svg width="100%" height="${HEIGHT}" viewBox="0 0 ${ACROSS} ${HEIGHT}" preserveAspectRatio="none" overflow="visible">
${lines.length === 1 && area(lines[0]!, endMs, y)}${lines.map((line) => curve(line, endMs, y))}</svg>
${drawn.map(({ value, label, ok }) => markup`<line class="limit${ok ? '' : ' crossed'}" x1="0" x2="100%" y1="${y(value)}" y2="${y(value)}"><title>${label}</title></line>\n`)}${chart.marks.map(
    ({ atMs, label }) =>
      markup`<line class="found" x1="${place(atMs / endMs)}" x2="${place(atMs / endMs)}" y1="0" y2="${HEIGHT}"><title>${label}</title></line>\n`,
  )}</svg>
`;
}

function bounds({ bounds: all, endMs }: Chart): Markup[] {
  return all.map(
    (atMs) =>
      markup`<line class="bound" x1="${place(atMs / endMs)}" x2="${place(atMs / endMs)}" y1="0" y2="${HEIGHT}"/>`,
  );
}

/** The axis of virtual time below a picture. @param height of what stands above it, pixels */
export function timeAxis(endMs: number, height: number): Markup[] {
  return timeTicks(endMs, TIME_TICKS).map((tick) => {
    const x = place(tick / endMs);
    const anchor = tick === 0 ? 'start' : tick / endMs > 0.97 ? 'end' : 'middle';
    return markup`<line class="tickmark" x1="${x}" x2="${x}" y1="${height}" y2="${height + 4}"/><text class="tick" x="${x}" y="${height + 17}" text-anchor="${anchor}">${clockText(tick)}</text>
`;
  });
}

/** Where a window is drawn: in its middle. */
function across(at: number, { windowMs }: ChartLine, endMs: number): number {
  return near((((at + 0.5) * windowMs) / endMs) * ACROSS);
}

function curve(line: ChartLine, endMs: number, y: (value: number) => number): Markup {
  let path = '';
  let isOn = false;
  for (const [at, value] of line.values.entries()) {
    if (value === null) {
      isOn = false;
      continue;
    }
    // A window alone is a dot: a line of no length with round ends.
    const isAlone = !isOn && (line.values[at + 1] ?? null) === null;
    path += `${isOn ? 'L' : 'M'}${across(at, line, endMs)} ${y(value)}${isAlone ? 'h0' : ''}`;
    isOn = true;
  }
  if (path === '') return NOTHING;
  return markup`<path class="line s${line.color}${line.isDashed ? ' dashed' : ''}" d="${path}"/>\n`;
}

function area(line: ChartLine, endMs: number, y: (value: number) => number): Markup {
  const { values } = line;
  if (values.length === 0 || values.includes(null)) return NOTHING;
  const points = values.map((value, at) => `L${across(at, line, endMs)} ${y(value!)}`).join('');
  const from = across(0, line, endMs);
  const to = across(values.length - 1, line, endMs);
  return markup`<path class="area a${line.color}" d="M${from} ${HEIGHT}${points}L${to} ${HEIGHT}Z"/>\n`;
}

/** What a person who does not see it would be told. */
function describe({ lines, limits, unit }: Chart): string {
  const texts = lines.map(({ label, values }) => {
    const all = values.filter((value) => value !== null);
    if (all.length === 0) return `${label}: nothing`;
    let [least, greatest] = [Infinity, -Infinity];
    for (const value of all) {
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
    return `${label}: from ${tickText(least, unit)} to ${tickText(greatest, unit)}, ${tickText(all.at(-1)!, unit)} in the end`;
  });
  const told = limits.map(({ label, ok }) => `threshold ${label}: ${ok ? 'held' : 'crossed'}`);
  return [...texts, ...told].join('; ');
}
