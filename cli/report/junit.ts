// A report as JUnit XML, by the schema that Jenkins and Surefire read: each check is a test case. It must not know what is
// checked. Equal results give equal files: `time` is always 0, as real time would be another one each time; virtual time
// stands among the properties.

import { type Check, checksOf, linesOf, verdictTextOf } from './checks.ts';
import { escapeXml, oneLine, plainLines } from './escape.ts';
import { decimals } from './format.ts';
import type { Report, Reported } from './reported.ts';

/** The report as JUnit XML. */
export function junitReport({ subjects }: Report): string {
  const suites = subjects.flatMap(suitesOf);
  const counts = countsOf(suites.flatMap(({ checks }) => checks));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="squall" time="0" ${counts}>`,
    ...suites.map(suiteText),
    '</testsuites>',
    '',
  ].join('\n');
}

interface Suite {
  readonly name: string;
  readonly properties: readonly (readonly [name: string, value: string])[];
  readonly checks: readonly Check[];
}

/** The checks of a subject, those that belong together in one suite. */
function suitesOf(subject: Reported): Suite[] {
  const bySuite = new Map<string, Check[]>();
  for (const check of checksOf(subject)) bySuite.set(check.suite, [...(bySuite.get(check.suite) ?? []), check]);
  const properties = propertiesOf(subject);
  return [...bySuite].map(([name, checks]) => ({ name, properties, checks }));
}

function propertiesOf(subject: Reported): [string, string][] {
  const properties: [string, string][] = [
    ['source', subject.name],
    ['verdict', verdictTextOf(subject).text],
  ];
  if (subject.kind === 'run') {
    const { seed, traceHash, durationMs, tool, clock, side } = subject.result;
    properties.push(
      ['seed', seed],
      ['clock', clock],
      ['side', side],
      ['virtual-seconds', decimals(durationMs / 1000, 3)],
    );
    properties.push(['trace-hash', traceHash], ['tool', `${tool.name} ${tool.version}`]);
  } else if (subject.kind === 'hunt') {
    const { seeds, seedsDone, tool } = subject.result;
    properties.push(['seeds', seeds], ['seeds-done', `${seedsDone}`], ['tool', `${tool.name} ${tool.version}`]);
  } else if (subject.kind === 'finding') {
    properties.push(['seed', subject.file.seed], ['command', subject.file.command]);
  }
  return properties;
}

function suiteText({ name, properties, checks }: Suite): string {
  return [
    `  <testsuite name=${attribute(name)} time="0" ${countsOf(checks)}>`,
    '    <properties>',
    ...properties.map(([key, value]) => `      <property name=${attribute(key)} value=${attribute(value)}/>`),
    '    </properties>',
    ...checks.map(caseText),
    '  </testsuite>',
  ].join('\n');
}

function caseText(check: Check): string {
  const { suite, name } = check;
  const open = `    <testcase name=${attribute(name)} classname=${attribute(`squall.${suite.replaceAll('.', '_').replaceAll(/\s+/g, '.')}`)} time="0"`;
  const body = bodyOf(check);
  return body === '' ? `${open}/>` : `${open}>\n      ${body}\n    </testcase>`;
}

function bodyOf(check: Check): string {
  const { status, message } = check;
  const text = linesOf(check).join('\n');
  switch (status) {
    case 'passed':
      return text === '' ? '' : `<system-out>${content(text)}</system-out>`;
    case 'warned':
      return `<system-out>warning: ${content(text)}</system-out>`;
    case 'skipped':
      return `<skipped message=${attribute(message)}/>`;
    case 'failed':
      return `<failure message=${attribute(message)} type="check">${content(text)}</failure>`;
  }
}

function countsOf(checks: readonly Check[]): string {
  const count = (status: Check['status']): number => checks.filter((check) => check.status === status).length;
  return `tests="${checks.length}" failures="${count('failed')}" errors="0" skipped="${count('skipped')}"`;
}

function attribute(text: string): string {
  return `"${escapeXml(oneLine(text))}"`;
}

function content(text: string): string {
  return escapeXml(plainLines(text));
}
