// Things to report on, one of each kind, for tests of the formats.
import type { BaselineCheck, BaselineComparison } from '../../../scenarios/baseline/comparison.ts';
import type { Finding } from '../../../models/finding.ts';
import type { Result } from '../../../scenarios/result.ts';
import type { HuntResult, HuntResultFinding } from '../../../cli/hunt-result.ts';
import type { Report, Reported } from '../../../cli/report/reported.ts';
import { storedResult } from '../../../scenarios/result-file.ts';
import { recordedResult } from '../recorded-result.ts';

/** What harms a format that takes it as it is. */
export const HOSTILE = [
  '<script>alert(1)</script>',
  '\u001B[31mred\u001B[0m',
  '::error title=x::gotcha',
  '\n::warning::on a line of its own',
  '##[error]gotcha',
  `"quotes" and 'others'`,
  'a | b || c',
  '`code` ``more`` ```\nfence',
  'two\r\nlines',
  ']]><x/>',
  '[link](javascript:alert(1)) ![image](http://127.0.0.1/x.png)',
  '@somebody mentions #123 and GH-12, www.example.org http://example.org',
  '</details></summary><img src=x onerror=alert(1)>',
  '$x$ ~~gone~~ **bold** __init__ \\',
  '\u202Eright to left\u0000\uFFFE\uD800',
  '# heading',
  '- item',
  '1. item',
];

const head = {
  schemaVersion: 1,
  tool: { name: 'squall', version: '0.1.0' },
  runtime: { node: 'v24.0.0', v8: '13.0', lockHash: '00ff' },
} as const;

export function finding(change: Partial<Finding> = {}): Finding {
  return {
    oracle: 'convergence',
    kind: 'safety',
    signature: 'convergence/account-1/name',
    atUs: 93_000_000,
    event: 4711,
    devices: [0, 3],
    documents: ['ledger-0'],
    detail: { place: 'account-1/name', groups: [[0], [3]] },
    ...change,
  };
}

export function runOf(change: Partial<Result> = {}, command?: string): Reported {
  const result = storedResult(recordedResult(change));
  return { kind: 'run', name: 'result.json', result, ...(command === undefined ? {} : { command }) };
}

export function failedRun(text = 'convergence/account-1/name'): Reported {
  const result = recordedResult();
  return runOf(
    {
      findings: [finding({ signature: text, documents: [text], detail: { place: text, [text]: text } })],
      thresholds: [...result.thresholds, { metric: 'requests', expression: 'p(99)<500', value: 999.6, ok: false }],
      verdict: 'safety',
    },
    'npx squall run sync-relay --seed 42',
  );
}

export function huntOf(change: Partial<HuntResultFinding> = {}, whole: Partial<HuntResult> = {}): Reported {
  const found: HuntResultFinding = {
    signature: 'intent/lost-set/name',
    oracle: 'intent',
    kind: 'safety',
    seed: '7',
    seedCount: 3,
    seeds: ['7', '9', '12'],
    file: 'findings/one.json',
    sizeBefore: { devices: 5, edits: 40, faults: 9, steps: 80, fates: 12 },
    sizeAfter: { devices: 2, edits: 2, faults: 1, steps: 4, fates: 0 },
    standing: 'new',
    reason: '',
    ...change,
  };
  const result: HuntResult = {
    ...head,
    scenario: 'crdt-conflicts',
    profile: 'storm',
    documents: 'lww',
    faultsName: 'swarm',
    configHash: '0011',
    seeds: '1..500',
    seedsTotal: 500,
    shard: null,
    missingShards: [],
    findingsMax: 3,
    forMs: null,
    expected: 500,
    seedsDone: 500,
    seedsFailed: 3,
    isComplete: true,
    died: [],
    findings: [
      found,
      {
        ...found,
        signature: 'delivery/missing',
        oracle: 'delivery',
        seed: '21',
        file: null,
        standing: 'known',
        reason: 'see the list',
      },
    ],
    faults: { loss: 120, partition: 0 },
    marks: { 'page boundary': 31, 'message lost': 0 },
    unreachableMarks: [],
    statement: ['3 of 500 seeds failed', ''],
    verdict: 'safety',
    exitCode: 1,
    elapsedMs: 12_000,
    ...whole,
  };
  return { kind: 'hunt', name: 'hunt.json', result, files: new Map() };
}

export function comparison(change: Partial<BaselineComparison> = {}): BaselineComparison {
  return {
    profile: 'light',
    scenario: 'sync-relay',
    file: 'baselines/light.sync-relay.json',
    state: 'changed',
    changes: [{ what: 'model', detail: 'relay.serviceMsMean 4 → 9' }],
    figures: [
      {
        metric: 'push_response_time',
        statistic: 'p95',
        unit: 'ms',
        before: 86.6,
        after: 139.6,
        change: 0.612,
        level: 'critical',
        reason: '+61.2%, limit +50%',
      },
      {
        metric: 'requests_failed',
        statistic: 'rate',
        unit: 'share',
        before: 0,
        after: 0.006,
        change: null,
        level: 'warning',
        reason: '+0.6 points, limit +0.5',
      },
      {
        metric: 'pull_response_time',
        statistic: 'p95',
        unit: 'ms',
        before: 86,
        after: 86,
        change: 0,
        level: 'ok',
        reason: '',
      },
    ],
    findings: [],
    thresholds: [],
    traceHash: { before: '00', after: '11' },
    exitCode: 97,
    ...change,
  };
}

export function baselineOf(comparisons: readonly BaselineComparison[], exitCode: number): Reported {
  const result: BaselineCheck = { ...head, comparisons, exitCode };
  return { kind: 'baseline', name: 'baseline check', result };
}

export function checkedBaseline(): Reported {
  const unchanged = { state: 'unchanged', figures: [], changes: [], exitCode: 0 } as const;
  return baselineOf(
    [
      comparison({ ...unchanged, scenario: 'crdt-conflicts' }),
      comparison(),
      comparison({ ...unchanged, scenario: 'mixed-workload' }),
    ],
    97,
  );
}

export function replayOf(verdict: 'reproduced' | 'gone' | 'refused' = 'reproduced', exitCode = 1): Reported {
  const file = {
    file: 'findings/one.json',
    verdict,
    exitCode,
    oracle: 'intent',
    signature: 'intent/x',
    kind: 'safety',
  } as const;
  return { kind: 'replay', name: 'replay.json', result: { ...head, files: [file], exitCode } };
}

export function reportOn(...subjects: Reported[]): Report {
  return { subjects, stories: new Map() };
}

/** Every text within data put in the place of another one, keys too. */
export function poisoned<T>(value: T, text: string, keep: readonly string[] = []): T {
  if (typeof value === 'string') return (keep.includes(value) ? value : `${text}${value}`) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => poisoned(item, text, keep)) as T;
  if (typeof value !== 'object' || value === null || value instanceof Map) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, poisoned(item, text, keep)])) as T;
}
