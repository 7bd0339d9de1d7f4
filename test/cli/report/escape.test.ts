import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import {
  escapeAnnotation,
  escapeHtml,
  escapeMarkdown,
  escapeProperty,
  escapeXml,
  markdownBlock,
  markdownCode,
  oneLine,
} from '../../../cli/report/escape.ts';
import { HOSTILE } from './subjects.ts';

/** Text of anything, rich in what formats act upon. */
const texts = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        '<',
        '>',
        '&',
        '"',
        "'",
        '`',
        '|',
        ':',
        '::',
        '#',
        '@',
        '\n',
        '\r',
        '%',
        ',',
        ']]>',
        '\\',
        'a',
        '1',
        ' ',
        '\u001B',
        '\uD800',
        'www.',
        'http://',
        '*',
        '_',
        '$',
      ),
    )
    .map((parts) => parts.join('')),
);
const settings = { seed: 6, numRuns: 400 };
const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&#8203;': '',
  '&#13;': '\r',
};
const decoded = (text: string) => text.replaceAll(/&[#\w]+;/g, (entity) => ENTITIES[entity]!);
/** As Markdown reads it: backslashes before punctuation go, entities are what they stand for. */
const read = (markdown: string) => decoded(markdown.replaceAll(/\\([!-/:-@[-`{-~])/g, '$1'));

describe('escaped text', () => {
  it('is one line without control characters', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(oneLine(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
      }),
      settings,
    );
    expect(oneLine('a\nb\u001B[31m')).toBe('a\\x0ab\\x1b[31m');
  });

  it('holds no markup of HTML, and reads as the same text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(escaped).not.toMatch(/&(?!(?:amp|lt|gt|quot|#39);)/);
        if (/^[ -~]*$/.test(text)) expect(decoded(escaped)).toBe(text);
      }),
      settings,
    );
  });

  it('parses as XML, in elements and attributes, and reads as the same text', async () => {
    const samples = fc.sample(texts, { seed: 6, numRuns: 300 });
    const rows = samples.map((text) => `<row name="${escapeXml(text)}">${escapeXml(text)}</row>`);
    const { valid, errors } = await validateXML({
      xml: `<?xml version="1.0" encoding="UTF-8"?><rows>${rows.join('')}</rows>`,
      schema: `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="rows"><xs:complexType><xs:sequence>
        <xs:element name="row" maxOccurs="unbounded"><xs:complexType><xs:simpleContent><xs:extension base="xs:string">
        <xs:attribute name="name" type="xs:string"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
        </xs:sequence></xs:complexType></xs:element></xs:schema>`,
    });
    expect(errors).toEqual([]);
    expect(valid).toBe(true);
    for (const text of samples) if (/^[ -~]*$/.test(text)) expect(decoded(escapeXml(text))).toBe(text);
  });

  it('holds no markup of Markdown, breaks no table, links nothing, and reads as the same text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const escaped = escapeMarkdown(text);
        expect(escaped).not.toMatch(/[\n\r<>]/);
        // Each character that marks something up has a backslash of its own.
        expect(escaped.replaceAll(/\\[!-/:-@[-`{-~]/g, '')).not.toMatch(/[`*_{}[\]()|~$^!\\]/);
        // What GitHub would link is parted.
        expect(read(escaped.replaceAll('&#8203;', '\u200B'))).not.toMatch(/@[\w]|#\d|:\/\/|www\.|GH-\d|^::/i);
        expect(escaped).not.toMatch(/^\s*(?:[-+=#>]|\d+\.\s)/);
        if (/^[ -~]*$/.test(text)) expect(read(escaped)).toBe(text.trim());
      }),
      settings,
    );
  });

  it('as code is a span that nothing ends, or harmless text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const code = markdownCode(text);
        expect(code).not.toMatch(/[\n\r]|^::/);
        expect(/^`[^`|]+`$/.test(code) || code === escapeMarkdown(text)).toBe(true);
      }),
      settings,
    );
  });

  it('stays within the fences of a block', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const lines = markdownBlock(text).trimEnd().split('\n');
        const fence = lines[0]!;
        expect(fence).toMatch(/^`{3,}$/);
        expect(lines.at(-1)).toBe(fence);
        expect(lines.slice(1, -1).every((line) => !line.includes(fence))).toBe(true);
      }),
      settings,
    );
  });

  it('ends neither the line nor the properties of an annotation', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(escapeAnnotation(text)).not.toMatch(/[\n\r]/);
        expect(escapeProperty(text)).not.toMatch(/[\n\r:,]/);
        expect(escapeAnnotation(text)).not.toMatch(/%(?!25|0A|0D)/);
      }),
      settings,
    );
    // As actions/toolkit has it.
    expect(escapeProperty('50%, a:b')).toBe('50%25%2C a%3Ab');
    expect(escapeAnnotation('50%, a:b\nc')).toBe('50%25, a:b%0Ac');
  });
});
