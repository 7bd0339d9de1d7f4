// What a relay says must not show what this process keeps to itself.
import { expect, test } from 'vitest';
import { hider } from '../../../relay-adapter/wire/hiding.ts';

const TOKEN = 's1.bGVkZ2VyLTE.0.u7aoQA0jfvJzrwNuJfKQ_lZzdz';
const BASIC = 'Basic dXNlcjpwYXNzL3dvcmQrMQ==';
const QUOTED = 'a "quoted\\ key/with ünicode';
const hide = hider(() => [TOKEN, BASIC, QUOTED]);

test.each([
  ['a token', `bad auth: Bearer ${TOKEN}.`, 'bad auth: Bearer ….'],
  ['a token twice', `${TOKEN}${TOKEN}`, '……'],
  ['a header', `got ${BASIC}!`, 'got …!'],
  ['a header without its first word', `got ${BASIC.slice(6)}!`, 'got …!'],
  ['a value as JSON writes it', `{"key":${JSON.stringify(QUOTED)}}`, '{"key":"…"}'],
  ['a value as JSON of other programs writes it', JSON.stringify(QUOTED).replaceAll('/', '\\/'), '"…"'],
  ['a value as a URL writes it', `?key=${encodeURIComponent(QUOTED)}&x`, '?key=…&x'],
  ['a value in base64', `<${Buffer.from(TOKEN).toString('base64').replace(/=+$/, '')}>`, '<…>'],
  ['a value in base64 of URLs', `<${Buffer.from(QUOTED).toString('base64url')}>`, '<…>'],
  ['nothing of ours', 'INVALID_REQUEST: [a-z]+ is (not) allowed', 'INVALID_REQUEST: [a-z]+ is (not) allowed'],
])('%s is hidden', (_what, text, expected) => {
  expect(hide(text)).toBe(expected);
});

test('of two secrets of which one begins the other, the whole longer one is hidden', () => {
  expect(hider(() => ['abcdef', 'abcdefghi'])('abcdefghi abcdef')).toBe('… …');
});

test('a value is taken as it is, not as an expression', () => {
  const secret = '.*+?^${}()|[]\\-';
  expect(hider(() => [secret])(`x${secret}y and anything`)).toBe('x…y and anything');
});

test('what is shorter than four characters is no secret', () => {
  expect(hider(() => ['', 'a', 'abc', 'x abc'])('abc of a cabinet')).toBe('abc of a cabinet');
  expect(hider(() => ['abcd'])('abcd')).toBe('…');
});

test('secrets that become known later are hidden from then on, and those of before still', () => {
  const known = ['first-secret'];
  const growing = hider(() => known);
  expect(growing('first-secret second-secret')).toBe('… second-secret');
  known.push('second-secret');
  expect(growing('first-secret second-secret')).toBe('… …');
});

test('a text of many megabytes is cut, and never within a secret', () => {
  for (let offset = 1; offset < TOKEN.length; offset += 5) {
    const hidden = hide('x'.repeat(2 ** 20 - offset) + TOKEN + 'y'.repeat(2 ** 22));
    expect(hidden).toMatch(/^x+…?$/);
    expect(hidden.length).toBeGreaterThan(1_000_000);
  }
});
