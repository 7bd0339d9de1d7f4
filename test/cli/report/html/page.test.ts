// The HTML page as text: what stands in it and where, that equal reports give equal bytes, and that nothing foreign is markup.
import { createHash } from 'node:crypto';
import { expect, test, describe } from 'vitest';
import { htmlReport } from '../../../../cli/report/html/page.ts';
import { checkedBaseline, HOSTILE, huntOf, poisoned, replayOf, reportOn, runOf } from '../subjects.ts';
import { distribution, drawnRun, everything, IMAGE, pair, SCRIPT, timeline, told } from './pages.ts';

/** What stands between the tags of scripts and styles is not markup. */
function withoutScripts(page: string): string {
  return page.replaceAll(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/g, '');
}

function textOf(page: string): string {
  return withoutScripts(page)
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

describe('a run', () => {
  const page = htmlReport(reportOn(drawnRun()));

  test('begins with its verdict, what failed, and the command that repeats it', () => {
    const text = textOf(page);
    const order = [
      'failed: a safety finding (exit 1; also threshold)',
      'threshold requests p(99)&lt;700',
      'convergence/account-1/name',
      'npx squall run sync-relay --seed 42',
      'requests a second',
      'Over virtual time',
      'Configuration, resolved',
    ];
    const places = order.map((each) => text.indexOf(each));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(page).toMatch(/<h1[^>]*>.*failed: a safety finding/);
  });

  test('has its thresholds with value, mark and bar', () => {
    const row = /<tr class="bad"><th scope="row">(?:(?!<\/tr>).)*p\(99\)&lt;700.*?<\/tr>/s.exec(page)![0];
    expect(row).toContain('aria-label="failed"');
    expect(row).toContain('999.6 ms');
    expect(row).toMatch(/<rect class="crossed"/);
    expect(textOf(page)).toContain('no samples');
  });

  test('has a chart for each thing that happened, with threshold lines and findings in it', () => {
    const charts = [...page.matchAll(/<figure class="chart" id="r1-chart-(\w+)">/g)].map(([, name]) => name);
    expect(charts).toEqual(['requests', 'latency', 'errors', 'conflicts', 'queue', 'use']);
    const latency = page.slice(page.indexOf('id="r1-chart-latency"'), page.indexOf('id="r1-chart-errors"'));
    expect(latency.match(/<line class="limit"/g)).toHaveLength(1);
    expect(latency.match(/<line class="limit crossed"/g)).toHaveLength(1);
    expect(latency.match(/<path class="line s\d"/g)).toHaveLength(3);
    expect(latency).toContain(`<line class="found" x1="29.808%"`);
    expect(page.match(/<rect class="fired"/g)!.length).toBeGreaterThan(10);
    expect(page).not.toContain('NaN');
  });

  test('says what stayed at 0 instead of drawing it', () => {
    const flat = timeline(20);
    const series = { ...flat.series, errorsPerSecond: flat.series.errorsPerSecond.map(() => 0) };
    const text = htmlReport(reportOn(drawnRun({ timeline: { ...flat, series } })));
    expect(text).not.toContain('id="r1-chart-errors"');
    expect(textOf(text)).toContain('Nothing to draw, 0 all the time: errors per second.');
  });

  test('draws times that span powers of ten on a logarithmic axis', () => {
    const wide = timeline(4);
    const series = { ...wide.series, p50Ms: [50, 60, 0, 70], p95Ms: [80, 9000, 0, 90], p99Ms: [90, 10_000, 0, 95] };
    const text = htmlReport(reportOn(drawnRun({ timeline: { ...wide, series } })));
    const latency = text.slice(text.indexOf('id="r1-chart-latency"'), text.indexOf('id="r1-chart-errors"'));
    expect(latency).toContain('logarithmic');
    expect(latency).toContain('>100ms<');
    // A window without requests is a gap, and the one after it a dot.
    expect(latency).toMatch(/d="M125 [\d.]+L375 [\d.]+M875 [\d.]+h0"/);
  });

  test('draws the percentiles that its histograms hold', () => {
    expect(page).toContain('id="r1-responses"');
    expect(page).toMatch(/requests: p50 \S+, p90 \S+, p99 \S+, p100 \S+/);
    const broken = [{ metric: 'requests', phase: 'hold', startMs: 0, endMs: 1, hdr: 'nonsense' }];
    expect(htmlReport(reportOn(drawnRun({ histograms: broken })))).not.toContain('id="r1-responses"');
  });

  test('of an older version has no charts, and all figures', () => {
    const { timeline: _timeline, histograms: _histograms, ...result } = drawnRun().result;
    const text = htmlReport(reportOn({ kind: 'run', name: 'old.json', result }));
    expect(text).not.toContain('class="timeline"');
    expect(textOf(text)).toContain('push_response_time');
  });

  test('that passed says so', () => {
    expect(htmlReport(reportOn(runOf()))).toMatch(/<h1[^>]*>.*✓.*passed/);
  });
});

describe('two runs', () => {
  const page = htmlReport(pair());

  test('stand beside each other, with changes and both lines in each chart', () => {
    const row = /<th scope="row"><code>push_response_time p95<\/code>.*?<\/tr>/s.exec(page)![0];
    expect(textOf(row)).toContain('128ms 193ms +50%');
    const chart = page.slice(page.indexOf('id="pair-latency-p95"'), page.indexOf('id="pair-latency-p99"'));
    expect(chart.match(/<path class="line s1" /g)).toHaveLength(1);
    expect(chart.match(/<path class="line s2 dashed" /g)).toHaveLength(1);
    expect(textOf(page)).toContain('figures that are the same');
  });

  test('of one trace are said to be the same', () => {
    const twins = htmlReport(reportOn(drawnRun({}, 'a.json'), drawnRun({}, 'b.json')));
    expect(textOf(twins)).toContain('The traces are the same, event for event.');
    expect(textOf(page)).not.toContain('The traces are the same');
  });

  test('and more stand in one table', () => {
    const three = htmlReport(reportOn(drawnRun({}, 'a'), drawnRun({}, 'b'), drawnRun({}, 'c')));
    expect(textOf(three)).toContain('3 runs beside each other');
    expect(three).toMatch(/<th scope="col" class="n">C<\/th>/);
  });
});

test('a kept finding has its facts and its space-time picture, alone and in its hunt', async () => {
  const page = htmlReport(await told());
  expect(page.match(/<svg class="space-time"/g)).toHaveLength(2);
  expect(textOf(page)).toContain('What differs');
  expect(page).toContain('npx squall replay');
  expect(textOf(page)).toContain('known (see the list)');
});

test('a finding whose story nobody could tell is told without', async () => {
  const { subjects } = await told();
  const page = htmlReport({ subjects, stories: new Map() });
  expect(page).not.toContain('class="space-time"');
  expect(textOf(page)).toContain('What differs');
});

test('a hunt, a baseline check and a replay say what failed', () => {
  const hunt = textOf(htmlReport(reportOn(huntOf())));
  expect(hunt).toContain('npx squall replay findings/one.json');
  expect(hunt).toContain('3 of 500 seeds failed');
  expect(hunt).toMatch(/partition never/);
  const baseline = textOf(htmlReport(reportOn(checkedBaseline())));
  expect(baseline).toContain('+61.2%, limit +50%');
  expect(baseline).toContain('relay.serviceMsMean 4 → 9');
  const replay = textOf(htmlReport(reportOn(replayOf())));
  expect(replay).toContain('Replay what failed with npx squall replay findings/one.json');
});

test('equal reports give equal bytes, without real time', async () => {
  const page = htmlReport(await everything());
  expect(htmlReport(await everything())).toBe(page);
  const [run, later] = [drawnRun(), drawnRun({ wallMs: 99_999 })];
  expect(htmlReport(reportOn(later))).toBe(htmlReport(reportOn(run)));
});

test('ids are unique, and labels and links name ids that there are', async () => {
  const page = withoutScripts(htmlReport(await everything()));
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id!);
  expect(new Set(ids).size).toBe(ids.length);
  const named = [...page.matchAll(/ (?:aria-labelledby="|href="#)([^"]*)"/g)].flatMap(([, names]) => names!.split(' '));
  expect(named.filter((id) => !ids.includes(id))).toEqual([]);
});

test('the page may load nothing, and run its own script alone', async () => {
  const page = htmlReport(await everything());
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;
  expect(policy).toMatch(/^default-src &#39;none&#39;; script-src &#39;sha256-/);
  const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script]) => script!);
  expect(scripts).toHaveLength(1);
  expect(policy).toContain(createHash('sha256').update(scripts[0]!).digest('base64'));
  expect(withoutScripts(page)).not.toMatch(/ (?:src|srcset|action|data|poster)=/);
  expect(withoutScripts(page)).not.toMatch(/href="(?!#|data:,)/);
  // Rules of style sheets too.
  expect(page).not.toMatch(/@import|url\(/);
});

describe.each([...HOSTILE, SCRIPT, IMAGE, '\u2028\u2029'])('the text %j', (text) => {
  test('is shown and is no markup, wherever it stands', () => {
    const keep = ['run', 'hunt', 'baseline', 'replay', 'trend', 'rate', 'counter', 'gauge', 'safety', 'liveness'];
    const clean = reportOn(drawnRun(), { ...drawnRun(), name: 'b' }, huntOf(), checkedBaseline(), replayOf());
    const page = htmlReport({ ...clean, subjects: poisoned(clean.subjects, text, [...keep, 'passed', 'failed']) });
    const tags = (all: string): string[] =>
      [...new Set([...withoutScripts(all).matchAll(/<\/?([a-zA-Z][^\s>/]*)/g)].map(([, tag]) => tag!))].sort();
    const usual = [...tags(htmlReport(clean)), 'p', 'small', 'i', 'b'];
    expect(tags(page).filter((tag) => !usual.includes(tag))).toEqual([]);
    expect(withoutScripts(page)).not.toMatch(/<[^>"]*("[^"]*"[^>"]*)*\son\w+=/);
    expect(page.match(/<script/g)!.length).toBe(2);
    expect(page.replaceAll('\n', '')).not.toMatch(/\p{Cc}|[\u2028\u2029\u202e]/u);
    const data = /<script type="application\/json" id="chart-data">([\s\S]*?)<\/script>/.exec(page)![1]!;
    expect(data).not.toContain('<');
    expect(Array.isArray(JSON.parse(data))).toBe(true);
  });
});

test('the page of a long and large run stays small', () => {
  const windows = 479;
  const { series } = timeline(windows);
  const lanes = Array.from({ length: 26 }, (_, at) => [`fault-${at}`, series.requestsPerSecond.map(Math.round)]);
  const metrics = Array.from({ length: 12 }, (_, at) => `metric_${at}`);
  const histograms = [...metrics, 'requests'].flatMap((metric, at) =>
    ['ramp up', 'hold', 'ramp down', 'drain'].map((phase) => ({
      metric,
      phase,
      startMs: 0,
      endMs: 1,
      hdr: distribution(5000 * (at + 1)),
    })),
  );
  const page = htmlReport(
    reportOn(
      drawnRun({ timeline: timeline(windows, { faults: Object.fromEntries(lanes) }), histograms }, 'x', windows),
    ),
  );
  expect(Buffer.byteLength(page)).toBeLessThan(3_000_000);
});
