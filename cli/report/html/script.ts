// What the page does where scripts run: commands are copied, charts over time are zoomed. Every figure stands on the page
// without it. The text runs in a browser; here it is data.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Chart } from './chart.ts';
import { extentOf, rangeOf } from './chart.ts';

/** The id of the element that holds what the script draws. */
export const DATA_ID = 'chart-data';

/** Of a chart, what the script draws. */
export function dataOf(charts: readonly Chart[]): unknown {
  return charts.map((chart) => {
    const { id, title, unit, endMs, lines, marks } = chart;
    return {
      id,
      title,
      unit,
      endMs,
      lines: lines.map(({ label, color, isDashed, windowMs, values }) => ({
        label,
        color,
        isDashed,
        windowMs,
        values,
      })),
      limits: extentOf(chart).drawn.map(({ value, ok }) => ({ value, ok })),
      // Of a logarithmic axis; any other begins at 0 and ends where what is shown does.
      ...(chart.isLog ? { range: rangeOf(chart) } : {}),
      marks: marks.map(({ atMs }) => atMs),
    };
  });
}

/** uPlot's style sheet and script, and ours; neither can end the element that it stands in. */
export function assets(): { readonly style: string; readonly script: string } {
  const { resolve } = createRequire(import.meta.url);
  const read = (name: string): string => readFileSync(resolve(`uplot/dist/${name}`), 'utf8').trim();
  const script = `${read('uPlot.iife.min.js')}\n${SCRIPT.trim()}\n`;
  return {
    style: read('uPlot.min.css').replaceAll('</', '<\\/'),
    script: script.replaceAll(/<\/(?=script)/gi, '<\\/').replaceAll('<!--', '<\\!--'),
  };
}

const SCRIPT = String.raw`
(function () {
'use strict';
function make(name, text, parent) {
  var element = document.createElement(name);
  if (text) element.textContent = text;
  if (parent) parent.appendChild(element);
  return element;
}
function button(text, parent, onClick) {
  var element = make('button', text, parent);
  element.type = 'button';
  element.addEventListener('click', onClick);
  return element;
}

document.querySelectorAll('.command').forEach(function (box) {
  var pre = box.querySelector('pre');
  var copy = button('Copy', box, function () {
    var done = function () {
      copy.textContent = 'Copied';
      setTimeout(function () { copy.textContent = 'Copy'; }, 1500);
    };
    var select = function () { getSelection().selectAllChildren(pre); };
    if (navigator.clipboard) navigator.clipboard.writeText(pre.textContent).then(done, select);
    else select();
  });
});

var UNITS = [['d', 86400000], ['h', 3600000], ['m', 60000], ['s', 1000], ['ms', 1]];
function clock(ms) {
  var left = Math.round(ms), text = '';
  UNITS.forEach(function (unit) {
    var count = Math.floor(left / unit[1]);
    if (count > 0) text += count + unit[0];
    left -= count * unit[1];
  });
  return text || '0';
}
function trimmed(value, most) {
  var text = value.toFixed(most);
  return text.indexOf('.') < 0 ? text : text.replace(/\.?0+$/, '');
}
function short(value) {
  var size = Math.abs(value);
  if (size >= 10000) return trimmed(value / 1000, 1) + 'k';
  return trimmed(value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
function shown(value, unit) {
  if (value === null || value === undefined) return '–';
  if (unit === 'share') return trimmed(value * 100, 1) + '%';
  if (unit !== 'ms') return short(value);
  if (value < 999.5) return short(value) + 'ms';
  return value < 59995 ? trimmed(value / 1000, 2) + 's' : clock(Math.round(value / 1000) * 1000);
}
function isRound(tick) { return Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9; }
var STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5,
  108e5, 216e5, 432e5, 864e5, 1728e5, 6048e5];

var all = JSON.parse(document.getElementById('chart-data').textContent);
document.querySelectorAll('.timeline').forEach(function (timeline, group) {
  var charts = all.filter(function (chart) { return timeline.querySelector('#' + chart.id); });
  if (charts.length === 0) return;
  var endMs = charts[0].endMs, from = 0, to = endMs, plots = [], isLive = false, isSetting = false, inset = 0, right = 0;
  var tools = make('div');
  tools.className = 'tools';
  tools.setAttribute('role', 'group');
  tools.setAttribute('aria-label', 'Zoom the charts over time');
  timeline.insertBefore(tools, timeline.firstChild);
  var toggle = button('Zoom', tools, function () { setLive(!isLive); });
  toggle.setAttribute('aria-pressed', 'false');
  var more = [
    button('In', tools, function () { around(0.5); }),
    button('Out', tools, function () { around(2); }),
    button('Earlier', tools, function () { move(-0.5); }),
    button('Later', tools, function () { move(0.5); }),
    button('Whole', tools, function () { show(0, endMs); })
  ];
  var status = make('span', '', tools);
  status.setAttribute('role', 'status');

  function around(factor) {
    var middle = (from + to) / 2, half = ((to - from) * factor) / 2;
    show(middle - half, middle + half);
  }
  function move(share) {
    var by = (to - from) * share;
    var shift = Math.min(endMs - to, Math.max(-from, by));
    show(from + shift, to + shift);
  }
  function show(low, high) {
    from = Math.max(0, low);
    to = Math.min(endMs, Math.max(high, from + 1));
    isSetting = true;
    plots.forEach(function (plot) { plot.setScale('x', { min: from, max: to }); });
    isSetting = false;
    tell();
  }
  function tell() {
    status.textContent = isLive ? clock(from) + ' to ' + clock(to) + (to - from < endMs ? '' : '; drag to zoom, arrow keys read values') : '';
    var span = to - from;
    timeline.querySelectorAll('.lane-clip > svg').forEach(function (svg) {
      svg.style.width = (100 * endMs) / span + '%';
      svg.style.marginLeft = (-100 * from) / span + '%';
      svg.querySelectorAll('.lane-name').forEach(function (text) { text.setAttribute('x', (100 * from) / endMs + '%'); });
      svg.querySelectorAll('.phase-name').forEach(function (text) {
        var start = parseFloat(text.parentNode.getAttribute('x')), width = parseFloat(text.parentNode.getAttribute('width'));
        text.setAttribute('x', Math.max(0, (((100 * from) / endMs - start) / width) * 100) + '%');
      });
      svg.querySelectorAll('.lane-count').forEach(function (text) { text.setAttribute('x', (100 * to) / endMs + '%'); });
    });
  }
  function setLive(wanted) {
    var isNew = wanted && !isLive;
    if (isNew) measure();
    isLive = wanted;
    toggle.setAttribute('aria-pressed', String(isLive));
    more.forEach(function (each) { each.hidden = !isLive; });
    plots.forEach(function (plot) { plot.destroy(); });
    plots = [];
    timeline.querySelectorAll('.live').forEach(function (element) { element.remove(); });
    timeline.classList.toggle('is-live', isLive);
    if (isLive) charts.forEach(function (chart) { plots.push(draw(chart)); });
    else { from = 0; to = endMs; }
    tell();
  }

  function measure() {
    var plot = timeline.querySelector('.chart .plot'), figure = plot.parentElement;
    inset = plot.offsetLeft - figure.offsetLeft;
    right = figure.offsetWidth - plot.offsetWidth - inset;
  }

  function draw(chart) {
    var colors = getComputedStyle(document.documentElement);
    var color = function (name) { return colors.getPropertyValue('--' + name).trim(); };
    var figure = document.getElementById(chart.id);
    var box = make('div', '', figure);
    box.className = 'live';
    box.tabIndex = 0;
    box.setAttribute('role', 'group');
    box.setAttribute('aria-label', chart.title + ': arrow keys read values');
    var tables = chart.lines.map(function (line) {
      return [line.values.map(function (_, at) { return (at + 0.5) * line.windowMs; }), line.values];
    });
    var data = tables.length === 1 ? tables[0] : uPlot.join(tables);
    var top = chart.limits.reduce(function (most, limit) { return Math.max(most, limit.value * 1.04); }, 0);
    var font = '11px system-ui, sans-serif';
    var only = function (_, ticks) { return ticks.map(function (tick) { return chart.range && !isRound(tick) ? null : tick; }); };
    var grid = { stroke: color('rule'), width: 1, filter: only };
    var options = {
      width: figure.clientWidth,
      height: 142,
      padding: [6, right, 0, 0],
      cursor: {
        sync: { key: 'timeline-' + group, scales: ['x', null] },
        drag: { x: true, y: false, setScale: true },
        y: false,
        points: { size: 7 }
      },
      legend: { live: true },
      scales: {
        x: { time: false, range: function (_, low, high) { return [Math.max(0, low), Math.min(endMs, high)]; } },
        y: chart.range
          ? { distr: 3, range: function () { return chart.range; } }
          : { range: function (_, low, high) { return [0, Math.max(high || 0, top, 1e-9) * 1.03]; } }
      },
      axes: [
        { stroke: color('muted'), font: font, size: 22, gap: 3, grid: { show: false }, ticks: { show: true, stroke: color('rule'), size: 4 },
          incrs: STEPS, space: 70, values: function (_, ticks) { return ticks.map(clock); } },
        { stroke: color('muted'), font: font, size: inset, gap: 4, grid: grid, filter: only, ticks: { show: false }, space: 28,
          values: function (_, ticks) { return ticks.map(function (tick) { return tick === null ? '' : tick === 0 ? '0' : shown(tick, chart.unit); }); } }
      ],
      series: [{ label: 'at', value: function (_, ms) { return ms === null || ms === undefined ? '–' : clock(ms); } }].concat(
        chart.lines.map(function (line) {
          return {
            label: line.label,
            stroke: color('s' + line.color),
            width: 1.6,
            dash: line.isDashed ? [5, 4] : undefined,
            points: { show: false },
            value: function (_, value) { return shown(value, chart.unit); }
          };
        })
      ),
      hooks: {
        setScale: [function (plot, key) {
          if (key !== 'x' || isSetting || plots.indexOf(plot) < 0) return;
          show(plot.scales.x.min, plot.scales.x.max);
        }],
        draw: [function (plot) {
          var context = plot.ctx, area = plot.bbox, ratio = devicePixelRatio || 1;
          context.save();
          context.beginPath();
          context.rect(area.left, area.top, area.width, area.height);
          context.clip();
          context.lineWidth = 1.5 * ratio;
          var stroke = function (x1, y1, x2, y2, dash, name) {
            context.setLineDash(dash.map(function (each) { return each * ratio; }));
            context.strokeStyle = color(name);
            context.beginPath();
            context.moveTo(x1, y1);
            context.lineTo(x2, y2);
            context.stroke();
          };
          chart.limits.forEach(function (limit) {
            var y = plot.valToPos(limit.value, 'y', true);
            stroke(area.left, y, area.left + area.width, y, [6, 4], limit.ok ? 'good' : 'bad');
          });
          chart.marks.forEach(function (atMs) {
            var x = plot.valToPos(atMs, 'x', true);
            stroke(x, area.top, x, area.top + area.height, [], 'bad');
          });
          context.restore();
        }]
      }
    };
    var plot = new uPlot(options, data, box);
    plot.setScale('x', { min: from, max: to });
    box.addEventListener('keydown', function (event) {
      var step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      if (step === 0) return;
      event.preventDefault();
      var index = plot.cursor.idx;
      if (index === null || index === undefined) {
        index = plot.data[0].findIndex(function (ms) { return ms >= from; });
        step = 0;
      }
      index = Math.max(0, Math.min(plot.data[0].length - 1, index + step));
      var left = plot.valToPos(plot.data[0][index], 'x');
      plot.setCursor({ left: left, top: 10 }, true, true);
    });
    return plot;
  }

  more.forEach(function (each) { each.hidden = true; });
  new ResizeObserver(function () {
    plots.forEach(function (plot) { plot.setSize({ width: plot.root.parentElement.parentElement.clientWidth, height: 142 }); });
  }).observe(timeline);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', function () { if (isLive) setLive(true); });
});
})();
`;
