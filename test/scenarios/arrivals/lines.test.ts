// Lines of records of arrivals: what each format says, times and their zones, and lines that are hostile or broken.
import { describe, expect, test } from 'vitest';
import { changesOf } from '../../../scenarios/arrivals/arrivals.ts';
import { commonInstantMs, instantMs } from '../../../scenarios/arrivals/instants.ts';
import { csvFields, formatOf } from '../../../scenarios/arrivals/lines.ts';
import { requestsOf } from './recorded.ts';

const AT = Date.UTC(2026, 10, 24, 12, 0, 5);

test.each([
  ['2026-11-24T12:00:05Z', AT],
  ['2026-11-24 12:00:05', AT],
  ['2026-11-24T12:00:05.250Z', AT + 250],
  ['2026-11-24T14:00:05+02:00', AT],
  ['2026-11-24T07:30:05-0430', AT],
  [String(AT), AT],
  [String(AT / 1000), AT],
  [`${AT / 1000}.5`, AT + 500],
  ['0', 0],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
])('the instant %s is read', (text, ms) => expect(instantMs(text)).toBeCloseTo(ms, 3));

test.each([
  '-5',
  'NaN',
  'Infinity',
  '1e400',
  '0x10',
  '',
  ' ',
  '99999999999999999',
  '9999999999999999',
  '2026-13-01T00:00:00Z',
  '2026-02-29T00:00:00Z',
  '2026-11-24T25:00:00Z',
  '2026-11-24T12:00:05+99:00',
  '1969-12-31T23:59:59Z',
  '\u001b[31m5',
])('%j is no instant', (text) => expect(instantMs(text)).toBeNaN());

test('an access log says its zone', () => {
  expect(commonInstantMs('24/Nov/2026:14:00:05 +0200')).toBe(AT);
  expect(commonInstantMs('24/Nov/2026:07:00:05 -0500')).toBe(AT);
  expect(commonInstantMs('25/Nov/2026:00:30:05 +1230')).toBe(AT);
  expect(commonInstantMs('24/Nov/2026:12:00:05')).toBe(AT);
  expect(commonInstantMs('24/Nvo/2026:12:00:05 +0000')).toBeNaN();
});

describe('CSV', () => {
  const { format, isHeader, read } = formatOf('operation, user ,time,bytes,more');

  test('has its columns in whatever order', () => {
    expect([format, isHeader]).toEqual(['csv', true]);
    expect(read(`PUSH,"a ""b"", c",5,700,x`)).toMatchObject({
      atMs: 5000,
      user: 'a "b", c',
      operation: 'push',
      bytes: 700,
    });
    expect(read('pull,a,5')).toMatchObject({ operation: 'pull', bytes: -1 });
    expect(read('delete,a,5,1')).toMatchObject({ operation: 'other' });
  });

  test.each([
    ['push,a', 'form'],
    ['push,"a,5,1', 'form'],
    ['push,"a"b,5,1', 'form'],
    ['push,a"b,5,1', 'form'],
    ['push,a,-5,1', 'time'],
    ['push,a,NaN,1', 'time'],
    ['push,,5,1', 'user'],
    [',a,5,1', 'operation'],
    ['push,a,5,-1', 'bytes'],
    ['push,a,5,1e9', 'bytes'],
    ['push,a,5,999999999999999999999', 'bytes'],
    ['push,a,5,NaN', 'bytes'],
  ])('%j is broken: %s', (line, why) => expect(read(line)).toBe(why));

  test('fields follow RFC 4180', () => {
    expect(csvFields('a,,"b,""c"""')).toEqual(['a', '', 'b,"c"']);
    expect(csvFields('')).toEqual(['']);
    expect(csvFields('"')).toBeUndefined();
  });
});

describe('NDJSON', () => {
  const { format, read } = formatOf('{"time":5,"user":"a","operation":"push"}');

  test('has the keys of the CSV, or those of an nginx log', () => {
    expect(format).toBe('ndjson');
    expect(read('{"time":5,"user":7,"operation":"push","bytes":12}')).toMatchObject({
      atMs: 5000,
      user: '7',
      bytes: 12,
    });
    const nginx = {
      time_iso8601: '2026-11-24T13:00:05+01:00',
      remote_addr: '10.0.0.1',
      request: 'POST /api/sync/push?a=1 HTTP/1.1',
      request_length: '812',
      body_bytes_sent: '99',
    };
    expect(read(JSON.stringify(nginx))).toMatchObject({ atMs: AT, operation: 'push', bytes: 812, isRequestSize: true });
    const pull = { ...nginx, request: 'POST /sync/pull HTTP/1.1' };
    expect(read(JSON.stringify(pull))).toMatchObject({ operation: 'pull', bytes: 99, isRequestSize: false });
  });

  test.each([
    ['{"time":5', 'form'],
    ['[1]', 'form'],
    ['null', 'form'],
    ['{"__proto__":{"time":5,"user":"a","operation":"push"}}', 'time'],
    ['{"time":-5,"user":"a","operation":"push"}', 'time'],
    ['{"time":5,"user":{},"operation":"push"}', 'user'],
    ['{"time":5,"user":"a"}', 'operation'],
    ['{"time":5,"user":"a","operation":"push","bytes":-1}', 'bytes'],
  ])('%j is broken: %s', (line, why) => expect(read(line)).toBe(why));
});

describe('an access log', () => {
  const { format, read } = formatOf('anything else');
  const line = (request: string, rest = ''): string =>
    `10.0.0.1 - ann [24/Nov/2026:12:00:05 +0000] "${request}" 200 321${rest}`;

  test('names the operation by method and path', () => {
    expect(format).toBe('access log');
    const operation = (request: string): unknown => Reflect.get(Object(read(line(request))), 'operation');
    expect(operation('POST /sync/push HTTP/1.1')).toBe('push');
    expect(operation('POST /v2/sync/pull/?x=/sync/push HTTP/2')).toBe('pull');
    expect(operation('GET /sync/push HTTP/1.1')).toBe('other');
    expect(operation('GET /health HTTP/1.1')).toBe('other');
  });

  test('gives the size of the request where it has one, else that of the answer', () => {
    expect(read(line('POST /sync/push HTTP/1.1'))).toMatchObject({ user: 'ann', bytes: 321, isRequestSize: false });
    const combined = line('POST /sync/push HTTP/1.1', ' "-" "a \\"b\\" c" 1234');
    expect(read(combined)).toMatchObject({ bytes: 1234, isRequestSize: true });
  });

  test('tells devices behind one address apart by their programs', () => {
    const from = (agent: string): unknown =>
      Reflect.get(Object(read(line('POST /sync/pull H', ` "-" "${agent}"`).replace('ann', '-'))), 'user');
    expect(from('one')).not.toBe(from('two'));
    expect(from('one')).toBe(from('one'));
  });

  test.each([
    ['', 'form'],
    ['10.0.0.1 - - [24/Nov/2026:12:00:05 +0000] "POST /sync/push', 'form'],
    ['\u001b[2J', 'form'],
    ['10.0.0.1 - - [now] "POST /sync/push HTTP/1.1" 200 1', 'time'],
    ['10.0.0.1 - - [24/Nov/2026:12:00:05 +0000] "-" 400 1', 'operation'],
    ['10.0.0.1 - - [24/Nov/2026:12:00:05 +0000] "POST /sync/push HTTP/1.1" 200 -7', 'bytes'],
  ])('%j is broken: %s', (text, why) => expect(read(text)).toBe(why));

  test('a long hostile line is refused at once', () => {
    expect(read('a [" '.repeat(13_000))).toBe('form');
    expect(read(`1 - ${'\\'.repeat(60_000)}`)).toBe('form');
  });
});

describe('the changes of a push', () => {
  test('follow from its bytes as the model sends them', async () => {
    const config = { users: 20, durationMs: 20_000, workload: { changesMax: 20 }, client: { batchSize: 100 } };
    const { requests } = await requestsOf({ scenario: 'sync-relay', seed: '1', config });
    const pushes = requests.filter(({ kind }) => kind === 'push');
    expect(pushes.length).toBeGreaterThan(300);
    for (const { bytes, changes } of pushes) expect(Math.abs(changesOf(bytes, true) - changes)).toBeLessThanOrEqual(2);
    const sum = (of: (push: (typeof pushes)[number]) => number): number =>
      pushes.reduce((all, push) => all + of(push), 0);
    expect(sum(({ bytes }) => changesOf(bytes, true)) / sum(({ changes }) => changes)).toBeCloseTo(1, 1);
  });

  test('are between one and what a client sends at once', () => {
    expect([changesOf(-1, true), changesOf(0, true), changesOf(100_000_000, true)]).toEqual([1, 1, 10_000]);
    expect(changesOf(0, false)).toBe(1);
  });
});
