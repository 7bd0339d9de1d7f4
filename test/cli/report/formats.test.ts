import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { checksOf, verdictTextOf } from '../../../cli/report/checks.ts';
import { annotationsOf } from '../../../cli/report/github.ts';
import { htmlReport } from '../../../cli/report/html/page.ts';
import { junitReport } from '../../../cli/report/junit.ts';
import { markdownReport } from '../../../cli/report/markdown.ts';
import type { Reported } from '../../../cli/report/reported.ts';
import { reportOn as reportOnce } from '../../../cli/report/told-once.ts';
import type { FindingFile } from '../../../scenarios/search/finding-file.ts';
import {
  baselineOf,
  checkedBaseline,
  comparison,
  failedRun,
  finding,
  HOSTILE,
  huntOf,
  poisoned,
  replayOf,
  reportOn,
  runOf,
} from './subjects.ts';

const SUBJECTS: readonly (readonly [name: string, subject: Reported])[] = [
  ['passed-run', runOf()],
  ['failed-run', failedRun()],
  ['hunt', huntOf()],
  ['baseline', checkedBaseline()],
  ['replay', replayOf()],
];
const SCHEMA = readFileSync(new URL('junit.xsd', import.meta.url), 'utf8');

const problemsOf = async (xml: string) =>
  (await validateXML({ xml, schema: SCHEMA })).errors.map(({ message }) => message);

/** Subjects of each kind in which every text is one that harms. */
const poisonedSubjects = (text: string): Reported[] => {
  const kept = [
    'trend',
    'rate',
    'counter',
    'gauge',
    'safety',
    'critical',
    'warning',
    'ok',
    'ms',
    'share',
    'run',
    'hunt',
    'replay',
    'baseline',
    'changed',
    'unchanged',
    'reproduced',
    'new',
    'known',
    'virtual',
  ];
  return [failedRun(text), huntOf(), checkedBaseline(), replayOf()].map((subject) => poisoned(subject, text, kept));
};

describe('every format', () => {
  it.each(SUBJECTS)('of a %s is as it was', async (name, subject) => {
    await expect(markdownReport(reportOn(subject))).toMatchFileSnapshot(`golden/${name}.md`);
    await expect(junitReport(reportOn(subject))).toMatchFileSnapshot(`golden/${name}.xml`);
    await expect(`${annotationsOf([subject]).join('\n')}\n`).toMatchFileSnapshot(`golden/${name}.annotations.txt`);
  });

  it.each(SUBJECTS)('of a %s in JUnit keeps to the schema', async (_name, subject) => {
    expect(await problemsOf(junitReport(reportOn(subject)))).toEqual([]);
  });

  it('refuses what is no JUnit, so that the schema says something', async () => {
    const xml = junitReport(reportOn(runOf()));
    expect(await problemsOf(xml.replaceAll('<testcase', '<testcase when="now"'))).not.toEqual([]);
    expect(await problemsOf(xml.replaceAll('testcase', 'case'))).not.toEqual([]);
  });

  it.each(HOSTILE)('takes %j in every text and stays what it is', async (text) => {
    const report = reportOn(...poisonedSubjects(text));
    const xml = junitReport(report);
    expect(await problemsOf(xml)).toEqual([]);
    const cases = report.subjects.flatMap(checksOf).length;
    expect(xml.match(/<testcase /g)).toHaveLength(cases);
    const markdown = markdownReport(report);
    const outside = markdown.replaceAll(/^(`{3,})\w*\n[^]*?\n\1$/gm, '').replaceAll(/(?<!\\)`[^`\n]+`/g, '');
    expect(outside.replaceAll(/<\/?(?:details|summary)>/g, '')).not.toMatch(/[<>]/);
    expect(outside).not.toMatch(/@\w|(?<!&)#\d|:\/\/|www\.|(?<!\\)!\[|\]\(/);
    expect(markdown).not.toMatch(/^\s*::|##\[/m);
    expect(markdown).not.toMatch(/[^\P{Cc}\n\t]|[\u202A-\u202E]/u);
    // Each row of a table has as many cells as its head.
    for (const rows of outside.match(/(?:^\|.*\|\n)+/gm) ?? []) {
      const cells = rows
        .trimEnd()
        .split('\n')
        .map((row) => row.match(/(?<!\\)\|/g)!.length);
      expect(new Set(cells).size).toBe(1);
    }
    for (const line of annotationsOf(report.subjects)) {
      expect(line).toMatch(/^::(?:error|warning) title=[^:\n\r]*::[^\n\r]*$/);
    }
  });
});

const METASTABLE = { verdict: 'metastable', reason: '180 s after it p95 is 900 ms' } as const;

describe('checks', () => {
  it.each([
    ...SUBJECTS,
    ['reproduced replay', replayOf()],
    ['gone replay', replayOf('gone', 0)],
    ['refused replay', replayOf('refused', 2)],
    ['interrupted run', runOf({ verdict: 'interrupted' })],
    ['run that two runs tell apart', runOf({ verdict: 'nondeterministic' })],
    ['metastable run', runOf({ recovery: METASTABLE, verdict: 'metastable' })],
    ['run whose recovery nobody can tell', runOf({ recovery: { verdict: 'unknown', reason: 'too short' } })],
    ['known hunt', huntOf({ standing: 'on-base' }, { verdict: 'clean', exitCode: 0 })],
    ['interrupted hunt', huntOf({ standing: 'known' }, { verdict: 'interrupted', exitCode: 130 })],
    [
      'hunt that lost seeds',
      huntOf({ standing: 'known' }, { verdict: 'inconclusive', exitCode: 98, died: [{ seed: '3', reason: 'x' }] }),
    ],
    ['broken comparison', baselineOf([comparison({ state: 'failed', figures: [], exitCode: 3 })], 3)],
    ['missing baseline', baselineOf([comparison({ state: 'missing', figures: [], exitCode: 0 })], 0)],
  ] as const)('of a %s fail exactly where its exit code says so', (_name, subject) => {
    const hasFailed = checksOf(subject).some(({ status }) => status === 'failed');
    expect(hasFailed).toBe(verdictTextOf(subject).exitCode !== 0);
    expect(verdictTextOf(subject).ok).toBe(!hasFailed);
  });

  it('have the same names whatever a run came to', () => {
    const names = (subject: Reported) => checksOf(subject).map(({ suite, name }) => `${suite}/${name}`);
    const { thresholds } = (runOf() as Extract<Reported, { kind: 'run' }>).result;
    const crossed = thresholds.map((threshold) => ({ ...threshold, value: 1e9, ok: false }));
    expect(names(runOf({ thresholds: crossed, seed: '43', findings: [finding()], verdict: 'safety' }))).toEqual(
      names(runOf()),
    );
  });

  it('skip the oracles that were not asked, as the devices had not settled', () => {
    const late = finding({ oracle: 'liveness', kind: 'liveness', signature: 'liveness' });
    const checks = checksOf(runOf({ findings: [late], verdict: 'liveness' }));
    expect(checks.find(({ name }) => name === 'oracle convergence')?.status).toBe('skipped');
    expect(checks.find(({ name }) => name === 'oracle liveness')?.status).toBe('failed');
    expect(checks.find(({ name }) => name === 'oracle durability')?.status).toBe('passed');
  });

  it('tell why a run is metastable, and warn where nobody can tell, in all formats', () => {
    const metastable = reportOn(runOf({ recovery: METASTABLE, verdict: 'metastable' }));
    expect(junitReport(metastable)).toContain('metastable: 180 s after it p95 is 900 ms');
    expect(markdownReport(metastable)).toContain('- ✗ **recovery** metastable: 180 s after it p95 is 900 ms');
    expect(htmlReport(metastable)).toContain('metastable: 180 s after it p95 is 900 ms');
    const unknown = reportOn(runOf({ recovery: { verdict: 'unknown', reason: 'too short' } }));
    expect(markdownReport(unknown)).toContain('- ! **recovery** cannot be told: too short');
    expect(checksOf(runOf({ recovery: { verdict: 'recovered', reason: 'as before' } }))).toContainEqual(
      expect.objectContaining({ name: 'recovery', status: 'passed', message: 'as before' }),
    );
  });

  it('name no oracle of a small run that was not wanted', () => {
    expect(checksOf(runOf()).map(({ name }) => name)).not.toContain('oracle merge-trees');
  });
});

describe('annotations', () => {
  it('are at most ten of each kind, the last one counting the rest', () => {
    const figures = comparison().figures.flatMap((figure) =>
      Array.from({ length: 12 }, (_, at) => ({ ...figure, metric: `${figure.metric}_${at}` })),
    );
    const lines = annotationsOf([baselineOf([comparison({ figures })], 97)]);
    const errors = lines.filter((line) => line.startsWith('::error '));
    expect(errors).toHaveLength(10);
    expect(errors.at(-1)).toContain('and 3 others');
    expect(lines.filter((line) => line.startsWith('::warning '))).toHaveLength(10);
  });

  it('are none of a run that passed', () => {
    expect(annotationsOf([runOf()])).toEqual([]);
  });
});

describe('Markdown', () => {
  it('begins with the verdict and the command that repeats it', () => {
    const text = markdownReport(reportOn(failedRun()));
    expect(text).toMatch(/^### ✗ sync-relay · light · seed 42: failed: a safety finding/);
    expect(text).toContain('```sh\nnpx squall run sync-relay --seed 42\n```');
  });

  it('is cut to what a comment holds, says so, and keeps the verdict', () => {
    const many = Array.from({ length: 40 }, (_, at) => ({ ...failedRun('@'.repeat(3000)), name: `result-${at}.json` }));
    const text = markdownReport(reportOn(...many));
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(60_000);
    expect(text).toMatch(/^### ✗ sync-relay/);
    expect(text).toMatch(/\nCut: [\d,]+ parts left out, as there is room for 60,000 bytes\.\n$/);
  });

  it('puts two runs beside each other', () => {
    const { metrics } = (runOf() as Extract<Reported, { kind: 'run' }>).result;
    const slower = metrics.map((metric) =>
      metric.name === 'requests' && metric.type === 'trend'
        ? { ...metric, values: { ...metric.values, p95: 256.88 } }
        : metric,
    );
    const after = { ...runOf({ metrics: slower, traceHash: 'ff' }), name: 'after.json' };
    const text = markdownReport(reportOn(runOf(), after));
    expect(text).toContain('| `requests p95` | 128ms | 257ms | +100% |');
    expect(text).not.toContain('The traces are the same');
  });

  it('names runs without changes in one line, and tells the others with before, after and change', () => {
    const text = markdownReport(reportOn(checkedBaseline()));
    expect(text).toContain('✓ unchanged: light crdt-conflicts, light mixed-workload\n');
    expect(text).toMatch(
      /\| `push_response_time p95` \| 86\.6ms \| 140ms \| \+61\.2% \| ✗ \\?\+61\.2%, limit \+50% \|/,
    );
  });
});

describe('a kept finding beside what tells of it', () => {
  const signature = 'convergence/account-1/name';
  const file = { scenario: 'crdt-conflicts', finding: finding({ signature }) } as unknown as FindingFile;
  const kept = (name: string): Reported => ({ kind: 'finding', name, file });
  const failures = (...subjects: Reported[]) =>
    reportOnce(subjects)
      .subjects.flatMap(checksOf)
      .filter(({ status }) => status === 'failed').length;
  const replayed = (exitCode: number): Reported => {
    const replay = replayOf('reproduced', exitCode) as Extract<Reported, { kind: 'replay' }>;
    const files = replay.result.files.map((each) => ({
      ...each,
      signature,
      ...(exitCode === 0 && ({ standing: 'known', reason: 'known until 2027-01-31: not ours' } as const)),
    }));
    return { ...replay, result: { ...replay.result, files } };
  };

  it('counts once, where its verdict is', () => {
    expect(failures(kept('findings/one.json'))).toBe(1);
    expect(failures(replayed(1), kept('findings/one.json'))).toBe(1);
    expect(failures(kept('elsewhere/one.json'), replayed(1))).toBe(1);
    expect(failures(huntOf({ signature }), kept('any.json'))).toBe(1);
  });

  it('does not fail where it is accepted, and says why', () => {
    const { subjects } = reportOnce([replayed(0), kept('findings/one.json')]);
    expect(subjects.map((subject) => verdictTextOf(subject).ok)).toEqual([true, true]);
    expect(subjects.flatMap(checksOf).map(({ status, message }) => [status, message])).toEqual([
      ['warned', `reproduced; safety: ${signature}; known until 2027-01-31: not ours`],
      ['warned', `safety: ${signature}; its verdict stands with replay replay.json`],
    ]);
  });

  it('fails by itself beside one that tells of others', () => {
    expect(failures(replayOf(), kept('findings/another.json'))).toBe(2);
    expect(failures(huntOf(), kept('findings/one.json'))).toBe(2);
  });
});

describe('results edited by hand', () => {
  it.each(['constructor', '__proto__', 'toString', ''])('say words that nobody knows as they are: %j', async (word) => {
    const hunt = huntOf({ standing: word as 'known' }, { verdict: word as 'safety', exitCode: 1 });
    const replay = replayOf(word as 'gone');
    for (const written of [markdownReport, junitReport, htmlReport]) {
      const text = written(reportOn(hunt, replay)).replaceAll(/<(script|style)[^]*?<\/\1>/g, '');
      expect(text).not.toMatch(/undefined|native code|\[object/);
    }
  });

  it('fail one check at least where their exit code says so', () => {
    const safe = runOf({ findings: [], verdict: 'safety' });
    const odd = replayOf('gone', 0) as Extract<Reported, { kind: 'replay' }>;
    const replay: Reported = { ...odd, result: { ...odd.result, exitCode: 5 } };
    for (const subject of [safe, replay, baselineOf([], 130)]) {
      expect(checksOf(subject).filter(({ status }) => status === 'failed')).toMatchObject([{ name: 'verdict' }]);
      expect(junitReport(reportOn(subject))).toContain('failures="1"');
    }
  });
});
