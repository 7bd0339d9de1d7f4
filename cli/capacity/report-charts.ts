// Charts of a capacity answer as static SVG: p95 against users with the objective drawn in, and the use of each part. The
// same points give the same bytes. It must not know what else stands on the page.
import type { CapacityPoint } from '../../scenarios/capacity/result.ts';
import { grouped, percent, time } from '../report/format.ts';
import { logTicks, near } from '../report/html/axis.ts';
import { type Markup, markup, NOTHING } from '../report/html/markup.ts';
import { byUsers, timeLimit } from './terminal-charts.ts';

const WIDTH = 720;
const HEIGHT = 240;
const LEFT = 70;
const BOTTOM = 34;
const TOP = 12;

interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

function across(low: number, high: number): Scale {
  const ticks = logTicks(low, high);
  const [first, last] = [ticks[0]!, ticks.at(-1)!];
  const width = WIDTH - LEFT - 12;
  return {
    ticks,
    at: (value) => near(LEFT + (Math.log(Math.max(value, first) / first) / Math.log(last / first)) * width),
  };
}

function grid(x: Scale, rows: readonly { y: number; text: string }[]): Markup {
  const end = HEIGHT - BOTTOM;
  return markup`${rows.map(
    ({ y, text }) =>
      markup`<line class="axis" x1="${LEFT}" x2="${WIDTH - 12}" y1="${y}" y2="${y}"/><text x="${LEFT - 8}" y="${near(y + 4)}" text-anchor="end">${text}</text>\n`,
  )}${x.ticks.map((tick) => markup`<text x="${x.at(tick)}" y="${end + 18}" text-anchor="middle">${grouped(tick)}</text>\n`)}`;
}

function figure(title: string, described: string, keys: readonly Markup[], body: Markup): Markup {
  return markup`<figure class="chart"><figcaption><b>${title}</b>${keys}</figcaption>
<div class="plot static plain"><svg width="100%" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}: ${described}">
${body}</svg></div></figure>
`;
}

/** p95 of all requests against users, both logarithmic; nothing for fewer than two loads. */
export function latencyFigure(points: readonly CapacityPoint[], answer: number): Markup {
  const loads = byUsers(points);
  if (loads.length < 2) return NOTHING;
  const limit = timeLimit(points);
  const values = [...loads.map(({ p95Ms }) => p95Ms), ...(limit === null ? [] : [limit])].map((ms) =>
    Math.max(ms, 0.01),
  );
  const ticks = logTicks(Math.min(...values), Math.max(...values));
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  const span = HEIGHT - BOTTOM - TOP;
  const y = (ms: number): number =>
    near(HEIGHT - BOTTOM - (Math.log(Math.max(ms, low) / low) / Math.log(high / low)) * span);
  const x = across(loads[0]!.users, loads.at(-1)!.users);
  const path = loads.map(({ users, p95Ms }, at) => `${at === 0 ? 'M' : 'L'}${x.at(users)} ${y(p95Ms)}`).join('');
  const rows = ticks.map((tick) => ({ y: y(tick), text: time(tick) }));
  const dots = loads.map(
    ({ users, p95Ms }) =>
      markup`<circle class="${users <= answer ? 'met' : 'missed'}" cx="${x.at(users)}" cy="${y(p95Ms)}" r="4"><title>${grouped(users)} users: ${time(p95Ms)}</title></circle>\n`,
  );
  const drawn =
    limit === null
      ? NOTHING
      : markup`<line class="limit" x1="${LEFT}" x2="${WIDTH - 12}" y1="${y(limit)}" y2="${y(limit)}"><title>objective ${time(limit)}</title></line>\n`;
  const keys = limit === null ? [] : [markup`<span class="key">objective ${time(limit)}</span>`];
  const told = `${grouped(loads[0]!.users)} users ${time(loads[0]!.p95Ms)}, ${grouped(loads.at(-1)!.users)} users ${time(loads.at(-1)!.p95Ms)}`;
  const body = markup`${grid(x, rows)}${drawn}<path class="line s1" d="${path}"/>\n${dots}`;
  return figure('p95 of requests against users', told, keys, body);
}

/** How busy each part was against users; the six that were busiest at any load. */
export function useFigure(points: readonly CapacityPoint[]): Markup {
  const loads = byUsers(points);
  if (loads.length < 2) return NOTHING;
  const curves = new Map<string, { users: number; share: number }[]>();
  for (const { users, points: all } of loads) {
    for (const { part, share } of all.at(-1)!.use) {
      curves.set(part, [...(curves.get(part) ?? []), { users, share: Math.min(1, share) }]);
    }
  }
  const most = (curve: readonly { share: number }[]): number => Math.max(...curve.map(({ share }) => share));
  const shown = [...curves].sort(([, a], [, b]) => most(b) - most(a)).slice(0, 6);
  const x = across(loads[0]!.users, loads.at(-1)!.users);
  const span = HEIGHT - BOTTOM - TOP;
  const y = (share: number): number => near(HEIGHT - BOTTOM - share * span);
  const rows = [0, 0.25, 0.5, 0.75, 1].map((share) => ({ y: y(share), text: percent(share).replace('.00', '') }));
  const lines = shown.map(([, curve], at) => {
    const path = curve
      .map(({ users, share }, index) => `${index === 0 ? 'M' : 'L'}${x.at(users)} ${y(share)}`)
      .join('');
    return markup`<path class="line s${at + 1}" d="${path}"/>\n`;
  });
  const keys = shown.map(([part], at) => markup`<span class="key"><i class="c${at + 1}"></i>${part}</span>`);
  const told = shown.map(([part, curve]) => `${part} at most ${percent(most(curve))}`).join(', ');
  return figure('Use of each part against users', told, keys, markup`${grid(x, rows)}${lines}`);
}
