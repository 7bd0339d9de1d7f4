// A run, and two beside each other, as Markdown. It must not know how a report is put together.

import type { StoredResult } from '../../scenarios/result-file.ts';
import { decimals, grouped, percent, short, time } from './format.ts';
import { markdownBlock } from './escape.ts';
import { clipped, code, folded, table, words } from './markdown-table.ts';
import { figuresOf, figureText } from './run-figures.ts';

/** Findings whose details are shown. */
const DETAILS_MAX = 5;
const DETAIL_CHARS = 1500;

/** The parts of a run below its verdict, what matters most first. */
export function runParts(result: StoredResult): string[] {
  return [
    findingTable(result),
    thresholdTable(result),
    percentileTable(result),
    folded('Other figures', [otherTable(result)]),
    folded('Faults and marks', [counts('faults', result.faults), counts('marks', result.marks)]),
    folded('Details of findings', detailBlocks(result)),
    folded('The run', [about(result)]),
  ];
}

function findingTable({ findings, seed }: StoredResult): string {
  const rows = findings.map(({ oracle, kind, signature, atUs, documents }) => [
    code(signature),
    words(`${kind}, ${oracle}`),
    words(time(atUs / 1000)),
    words(documents.slice(0, 3).join(', ')),
    code(seed),
  ]);
  return table(['finding', 'oracle', 'at>', 'documents', 'seed'], rows);
}

function thresholdTable({ thresholds, metrics }: StoredResult): string {
  const types = new Map(metrics.map(({ name, type }) => [name, type]));
  const rows = thresholds.map(({ metric, expression, value, ok }) => {
    const isTime = types.get(metric) === 'trend' && !expression.trim().startsWith('count');
    const text = value === null ? 'no samples' : `${decimals(value, 6)}${isTime ? ' ms' : ''}`;
    return [ok ? '✓' : '✗', code(metric), code(expression), words(text)];
  });
  return table(['', 'threshold', 'expected', 'value>'], rows);
}

function percentileTable({ metrics }: StoredResult): string {
  const rows = metrics.flatMap((metric) => {
    if (metric.type !== 'trend' || metric.values.count === 0) return [];
    const { count, p50, p95, p99, max } = metric.values;
    return [[code(metric.name), grouped(count), ...[p50, p95, p99, max].map(time)]];
  });
  return table(['times', 'n>', 'p50>', 'p95>', 'p99>', 'max>'], rows);
}

function otherTable({ metrics }: StoredResult): string {
  const rows = metrics.flatMap((metric): string[][] => {
    switch (metric.type) {
      case 'trend':
        return [];
      case 'rate': {
        const { rate, passes, total } = metric.values;
        const text = total === 0 ? 'none of 0' : `${percent(rate)}, ${grouped(passes)} of ${grouped(total)}`;
        return [[code(metric.name), text]];
      }
      case 'counter':
        return [[code(metric.name), `${grouped(metric.values.count)}, ${short(metric.values.perSecond)}/s`]];
      case 'gauge': {
        const { value, min, max } = metric.values;
        return [[code(metric.name), `${short(value)} (${short(min)}–${short(max)})`]];
      }
    }
  });
  return table(['figure', 'value>'], rows);
}

function counts(title: string, all: Readonly<Record<string, number>>): string {
  const entries = Object.entries(all);
  const hit = entries.filter(([, count]) => count > 0).map(([name, count]) => `${name} ${grouped(count)}`);
  const never = entries.filter(([, count]) => count === 0).map(([name]) => name);
  const lines = [
    ...(hit.length === 0 ? [] : [`- ${title}: ${words(clipped(hit.join(', '), 2000))}`]),
    ...(never.length === 0 ? [] : [`- ${title} never seen: ${words(clipped(never.join(', '), 2000))}`]),
  ];
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function detailBlocks({ findings }: StoredResult): string[] {
  return findings.slice(0, DETAILS_MAX).map(({ signature, detail }) => {
    const text = clipped(JSON.stringify(detail, null, 2), DETAIL_CHARS);
    return `${code(signature)}\n\n${markdownBlock(text, 'json')}`;
  });
}

function about(result: StoredResult): string {
  const { tool, runtime, clock, side, durationMs, events, traceHash, offered, load } = result;
  const rows = [
    ['tool', words(`${tool.name} ${tool.version}, Node ${runtime.node}`)],
    ['clock and side', words(`${clock}, ${side}`)],
    ['time', words(`${time(durationMs)} of ${clock === 'wall' ? 'real' : 'virtual'} time, ${grouped(events)} events`)],
    ['requests', words(`${short(offered.achieved)} a second`)],
    ...(load === undefined ? [] : [['schedule error', words(`p99 ${time(load.scheduleErrorMs.p99)}`)]]),
    ...(clock === 'wall' ? [] : [['trace hash', code(traceHash)]]),
  ];
  return table(['', ''], rows);
}

/** Two runs beside each other: how each figure that both have went from the first to the second. */
export function pairParts(before: StoredResult, after: StoredResult, names: readonly [string, string]): string[] {
  const [left, right] = [figuresOf(before), figuresOf(after)];
  const rows = [...left].flatMap(([name, first]) => {
    const second = right.get(name);
    if (second === undefined) return [];
    return [[code(name), figureText(first), figureText(second), changeText(first.value, second.value)]];
  });
  const moved = rows.filter((row) => row[1] !== row[2]);
  const same = rows.length - moved.length;
  const head = ['figure', `${words(names[0])}>`, `${words(names[1])}>`, 'change>'];
  const note = before.traceHash === after.traceHash && before.clock !== 'wall' ? 'The traces are the same.\n' : '';
  return [note, table(head, moved), same === 0 ? '' : `${grouped(same)} figures are the same.\n`];
}

/** `+61.2%`; nothing to divide by is no change that has a number. */
export function changeText(before: number, after: number): string {
  if (before === after) return '0%';
  return before === 0 ? '' : signedPercent(after / before - 1);
}

/** `+61.2%`, `−3%`. */
export function signedPercent(change: number): string {
  if (change === 0) return '0%';
  return `${change < 0 ? '−' : '+'}${decimals(Math.abs(change) * 100, 1)}%`;
}
