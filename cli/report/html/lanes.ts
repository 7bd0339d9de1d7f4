// Phases, findings and faults of a run on the time axis of its charts, as static pictures. It must not know what a fault
// does.

import type { Timeline } from '../../../scenarios/timeline.ts';
import { grouped, time } from '../format.ts';
import { counted } from '../size.ts';
import { near, place } from './axis.ts';
import type { ChartMark } from './chart.ts';
import { timeAxis } from './chart-svg.ts';
import { type Markup, markup, NOTHING } from './markup.ts';

const STRIP = 20;
const LANE = 30;
const TICK = 10;
/** Phases and lanes with less of the width have no name, or only where there is room. */
const NAME_SHARE = 0.06;
const NARROW_NAME_SHARE = 0.2;
/** Findings that are marked one by one. */
const MARKS_MAX = 200;

/** The phases of a run as a strip. */
export function phaseStrip({ phases }: Timeline, endMs: number, id: string): Markup {
  if (phases.length === 0) return NOTHING;
  const told = phases.map(({ name, startMs, endMs: until }) => `${name} from ${time(startMs)} to ${time(until)}`);
  const parts = phases.map(({ name, startMs, endMs: until }, at) => {
    const share = (until - startMs) / endMs;
    const width = place(share);
    const room = share < NAME_SHARE ? ' gone' : share < NARROW_NAME_SHARE ? ' wide-only' : '';
    return markup`<svg x="${place(startMs / endMs)}" width="${width}" height="${STRIP}"><rect class="phase${at % 2 === 1 ? ' odd' : ''}" width="100%" height="100%"/><text class="phase-name${room}" x="0" dx="6" y="14">${name}</text><title>${told[at]}</title></svg>
`;
  });
  return markup`<div class="plot lane-clip"><svg class="graph" width="100%" height="${STRIP}" role="img" aria-labelledby="${id}-t">
<title id="${id}-t">Phases: ${told.join('; ')}</title>
${parts}</svg></div>
`;
}

/** Faults by kind, each in a lane with how often it fired in each window, and the findings; nothing where there are none. */
export function laneFigure(
  { faults, windowMs }: Timeline,
  marks: readonly ChartMark[],
  endMs: number,
  id: string,
): Markup {
  const kinds = Object.entries(faults).filter(([, counts]) => counts.some((count) => count > 0));
  if (kinds.length === 0 && marks.length === 0) return NOTHING;
  const found = marks.slice(0, MARKS_MAX);
  const lanes = kinds.map(([kind, counts], at) =>
    lane(kind, counts, windowMs, endMs, (at + (found.length > 0 ? 1 : 0)) * LANE),
  );
  const height = (kinds.length + (found.length > 0 ? 1 : 0)) * LANE;
  const told = kinds.map(([kind, counts]) => `${kind} ${grouped(sumOf(counts))}`);
  const lines = found.map(({ atMs, label }) => {
    const x = place(atMs / endMs);
    return markup`<g><title>${label}</title><line class="found" x1="${x}" x2="${x}" y1="0" y2="${height}"/><svg x="${x}" y="17" overflow="visible"><path class="found-mark" d="M0 -6L6 0L0 6L-6 0Z"/></svg></g>
`;
  });
  return markup`<figure class="chart lanes" id="${id}">
<figcaption><b>Faults and findings</b><span class="key">${told.length === 0 ? 'no fault fired' : 'how often each fired, by window'}</span></figcaption>
<div class="plot lane-clip"><svg class="graph" width="100%" height="${height + 22}" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">Faults and findings over virtual time</title>
<desc id="${id}-d">${[...told, ...found.map(({ label }) => label)].join('; ')}</desc>
${found.length > 0 && markup`<text class="lane-name" x="0" y="12">findings</text>${total(counted(marks.length, 'instant'), 0)}`}${lanes}${lines}${timeAxis(endMs, height)}</svg></div>
</figure>
`;
}

function lane(kind: string, counts: readonly number[], windowMs: number, endMs: number, top: number): Markup {
  const most = Math.max(1, ...counts);
  const y = top + 16;
  const ticks = counts.map((fired, at) => {
    if (fired === 0) return NOTHING;
    const height = near(3 + (TICK - 3) * (fired / most));
    const title = `${kind} ${grouped(fired)} from ${time(at * windowMs)} to ${time((at + 1) * windowMs)}`;
    // At least 2 pixels wide, by its outline.
    return markup`<rect class="fired" x="${place((at * windowMs) / endMs)}" y="${near(y + TICK - height)}" width="${place(windowMs / endMs)}" height="${height}"><title>${title}</title></rect>`;
  });
  return markup`<g><line class="base" x1="0" x2="100%" y1="${y + TICK}" y2="${y + TICK}"/><text class="lane-name" x="0" y="${top + 12}">${kind}</text>${total(grouped(sumOf(counts)), top)}${ticks}</g>
`;
}

function total(text: string, top: number): Markup {
  return markup`<text class="lane-count" x="100%" dx="-9" y="${top + 12}">${text}</text>`;
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, each) => sum + each, 0);
}
