// Records of arrivals read from files: what is counted, named, skipped and refused, and that nothing of a person is left.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readArrivals } from '../../../cli/arrivals/read.ts';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'squall-arrivals-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string | Buffer, name = 'record.csv'): ReturnType<typeof readArrivals> {
  writeFileSync(join(folder, name), text);
  return readArrivals('--arrivals', name, folder);
}

const HEADER = 'time,user,operation,bytes\n';
const RECORD = `${HEADER}10,ann,push,1300\n11,bob,pull,\n12.5,ann,pull,400\n`;

test('users are numbers in the order of their first request, and times count from the first', () => {
  const { arrivals, remarks } = read(RECORD);
  expect(remarks).toEqual([]);
  expect([...arrivals.begins]).toEqual([0, 2, 3]);
  expect([...arrivals.atMs]).toEqual([0, 2500, 1000]);
  expect([...arrivals.operation]).toEqual([0, 1, 1]);
  expect([...arrivals.changes]).toEqual([2, 0, 0]);
  expect(arrivals.origin).toEqual({
    name: 'record.csv',
    sha256: '99ec79857422421d6758e31e18ca5b3296e1e339f915c4c1672ab0eb86a0acd3',
    format: 'csv',
    lines: 3,
    pushes: 1,
    pulls: 2,
    others: 0,
    broken: 0,
    outOfOrder: 0,
    users: 2,
    spanMs: 2500,
    startHour: 10 / 3600,
  });
});

test('the same file gives the same, whatever the key of the hashes was', () => {
  expect(read(RECORD)).toEqual(read(RECORD));
});

test('nothing of what users are called is left', () => {
  const { arrivals, remarks } = read(`${RECORD}x,carol@example.org,push,1\n13,dave,other,1\n`);
  expect(JSON.stringify([arrivals, remarks])).not.toMatch(/\bann\b|bob|carol|dave/);
});

test('a byte order mark, the line ends of Windows, empty lines and a missing last line end do not matter', () => {
  const plain = read(RECORD).arrivals;
  const { arrivals } = read(`\uFEFF${RECORD.replaceAll('\n', '\r\n\r\n').trimEnd()}`);
  expect({ ...arrivals, origin: undefined }).toEqual({ ...plain, origin: undefined });
  expect(arrivals.origin.lines).toBe(3);
});

test('lines out of order are put in their place and counted', () => {
  const { arrivals, remarks } = read(`${HEADER}12.5,ann,pull,400\n11,bob,pull,\n10,ann,push,1300\n`);
  expect([...arrivals.atMs]).toEqual([0, 2500, 1000]);
  expect(remarks).toEqual(['put in place what stood after later ones: 2 lines']);
});

test('broken lines are counted, the first of them named by their numbers, and skipped', () => {
  const broken = '9,eve,push,\u001b[31m\n'.repeat(7);
  const { arrivals, remarks } = read(`${HEADER}${broken}${'10,ann,push,1\n'.repeat(8)}10,ann,login,1\n`);
  expect(arrivals.origin).toMatchObject({ lines: 16, broken: 7, others: 1, pushes: 8 });
  const bytes = 'bytes that are no whole number from 0 to 100,000,000';
  expect(remarks).toEqual([
    ...[2, 3, 4, 5, 6].map((line) => `line ${line}: ${bytes}`),
    'and 2 lines more that cannot be read',
    'left out what cannot be read: 7 of 16 lines',
    'left out what is neither push nor pull: 1 line',
  ]);
});

test('lines that go over a border of what is read at once are whole', () => {
  const lines = Array.from({ length: 100_000 }, (_, n) => `${n},user-${n % 97},pull,${n % 1000}\n`).join('');
  expect(lines.length).toBeGreaterThan(1 << 20);
  const { arrivals } = read(`${HEADER}${lines}`);
  expect(arrivals.origin).toMatchObject({ lines: 100_000, broken: 0, users: 97, spanMs: 99_999_000 });
  expect(arrivals.bytes.reduce((sum, bytes) => sum + bytes, 0)).toBe(100 * 499_500);
});

test('a line without an end is broken, and what follows it is read', () => {
  const { arrivals } = read(`${RECORD}${'x'.repeat(3 << 20)}\n13,ann,pull,1\n`);
  expect(arrivals.origin).toMatchObject({ lines: 5, broken: 1, pulls: 3 });
});

test('a log of whole seconds is laid over them, in its order', () => {
  const line = (user: string, second: number): string =>
    `1 - ${user} [24/Nov/2026:12:00:0${second} +0000] "POST /sync/pull HTTP/1.1" 200 9\n`;
  const text = Array.from({ length: 40 }, (_, n) => line('ann', Math.floor(n / 20))).join('');
  const { atMs } = read(text, 'access.log').arrivals;
  expect(new Set(atMs).size).toBe(40);
  const inFirst = atMs.filter((ms) => ms < 1000 - atMs[0]!);
  expect([...atMs]).toEqual([...atMs].sort((one, other) => one - other));
  expect(inFirst.length).toBeGreaterThan(10);
  expect(atMs[39]! - atMs[0]!).toBeLessThan(2000);
});

describe('refused', () => {
  test.each([
    ['empty', '', /a record with a push or a pull in it \(0 lines, 0 broken, 0 of other requests\)$/],
    ['a header alone', HEADER, /a push or a pull in it \(0 lines/],
    ['other requests alone', `${HEADER}1,a,login,1\n`, /\(1 lines, 0 broken, 1 of other requests\)$/],
    ['no header', '1,a,push,1\n', /a CSV file whose first line is time,user,operation,bytes$/],
    [
      'more than half broken',
      `${RECORD}${'x\n'.repeat(4)}`,
      /\(4 of 7 cannot be read; line 5: not a line of this format\)$/,
    ],
    ['packed', gzipSync(RECORD), /a text file, not one packed by gzip: unpack it first, as gunzip -k does$/],
    ['UTF-16', Buffer.from(`\uFEFF${RECORD}`, 'utf16le'), /a text file in UTF-8$/],
  ])('%s', (_, text, message) => expect(() => read(text)).toThrow(message));

  test('half broken is not', () => {
    expect(read(`${RECORD}${'x\n'.repeat(3)}`).arrivals.origin.broken).toBe(3);
  });

  test('what is no file', () => {
    expect(() => readArrivals('--arrivals', 'none.csv', folder)).toThrow(
      /^ERR_FILE --arrivals: got "none.csv", expected a file that exists$/,
    );
    expect(() => readArrivals('--arrivals', '.', folder)).toThrow('a file, not a directory');
    expect(() => readArrivals('--arrivals', '/dev/zero', folder)).toThrow('a regular file, or a pipe');
  });
});
