// The space-time picture as SVG: well-formed, complete, the same each time, harmless whatever the texts are.
import { validateXML } from 'xmllint-wasm';
import { describe, expect, test } from 'vitest';
import { spaceTimeSvg } from '../../../cli/report/space-time-svg.ts';
import type { SpaceTime } from '../../../cli/report/space-time.ts';
import { harmful, pictured } from './pictures.ts';

const all = await pictured();
const { picture } = all[0]!;

/** Any well-formed SVG. */
const SCHEMA = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/2000/svg">
  <xs:element name="svg"><xs:complexType mixed="true"><xs:sequence>
    <xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/>
  </xs:sequence><xs:anyAttribute processContents="skip"/></xs:complexType></xs:element></xs:schema>`;

async function errorsOf(svg: string): Promise<readonly unknown[]> {
  const { errors } = await validateXML({ xml: { fileName: 'a.svg', contents: svg }, schema: SCHEMA });
  return errors;
}

describe.each(all)('the picture of $name', ({ picture: each }) => {
  const svg = spaceTimeSvg(each, 'one');

  test('is well-formed, and the same each time', async () => {
    expect(await errorsOf(svg)).toEqual([]);
    expect(spaceTimeSvg(each, 'one')).toBe(svg);
  });

  test('has a line for each lane, and stays within its width and height', () => {
    expect(svg.match(/class="lane"/g)).toHaveLength(each.lanes.length);
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!;
    for (const [, x] of svg.matchAll(/ x="(-?[\d.]+)"/g)) expect(Number(x)).toBeLessThan(Number(width));
    for (const [, y] of svg.matchAll(/ y="(-?[\d.]+)"/g)) expect(Number(y)).toBeLessThan(Number(height));
    expect(Number(height)).toBeLessThan(6000);
    expect(svg).not.toContain('NaN');
  });

  test('is told in words too', () => {
    expect(svg).toMatch(/aria-labelledby="one-title one-desc"/);
    expect(svg).toMatch(/<desc id="one-desc">[^<]+judged[^<]*<\/desc>/);
  });
});

test('edits that conflict stand out, with their numbers', () => {
  const svg = spaceTimeSvg(picture, 'one');
  const conflicting = picture.events.filter(({ isConflicting }) => isConflicting);
  expect(svg.match(/class="edit conflict"/g)).toHaveLength(conflicting.length);
  for (const { labels } of conflicting) expect(svg).toMatch(new RegExp(`class="label"[^>]*>${labels[0]}<`));
});

test('a lost message ends in a cross, a doubled one is drawn twice', () => {
  const [first, ...others] = picture.messages;
  const lost = { ...first!, isLost: true, toUs: null, receiveOrder: null };
  const count = (messages: SpaceTime['messages'], mark: RegExp): number =>
    spaceTimeSvg({ ...picture, messages }, 'one').match(mark)?.length ?? 0;
  expect(count(picture.messages, /class="cross"/g)).toBe(0);
  expect(count([lost, ...others], /class="cross"/g)).toBe(1);
  expect(count([lost, ...others], /class="head"/g)).toBe(count(picture.messages, /class="head"/g) - 1);
  expect(count([first!, { ...first!, isDoubled: true }, ...others], /class="head"/g)).toBe(
    count(picture.messages, /class="head"/g) + 1,
  );
});

test('what goes on and on is left out, and it is said how much', () => {
  const { picture: silent } = all.find(({ name }) => name === 'fallen-silent')!;
  expect(silent.events.length).toBeGreaterThan(60);
  expect(spaceTimeSvg(silent, 'one')).toMatch(/… \d+ events are left out/);
});

test('harmful texts are shown as they are', async () => {
  const svg = spaceTimeSvg(harmful(picture), 'one');
  expect(await errorsOf(svg)).toEqual([]);
  expect(svg).not.toContain('<script');
  expect(svg).toContain('&lt;script');
  expect(svg.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(svg.replaceAll(/<[^>]*>/g, '')).not.toMatch(/[<>]/);
});

test('of a finding with no lanes but the relay, and nothing that happened, there is a picture', async () => {
  const empty: SpaceTime = {
    lanes: [{ name: 'relay', device: -1 }],
    endUs: 0,
    events: [],
    messages: [],
    spans: [],
    views: [],
  };
  expect(await errorsOf(spaceTimeSvg(empty, 'one'))).toEqual([]);
});
