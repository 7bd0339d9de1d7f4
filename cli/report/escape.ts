// Text from elsewhere made harmless in each format that reports are written in: a name stays a name, whatever stands in
// it. It must not know what the text is.

import { visibleLine } from '../../sim/visible-text.ts';

/** Half a character is none that a file could hold. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Cs}/gu, '\uFFFD');
}

/** One line without anything that a terminal would act upon, or that hides: `\x1b`, `\x0a`, `\u202e` stand as codes. */
export function oneLine(text: string): string {
  return visibleLine(wellFormed(text));
}

/** The same for text of several lines: line ends stay, as `\n`, and tabs. */
export function plainLines(text: string): string {
  const lines = wellFormed(text).replaceAll(/\r\n?/g, '\n').split('\n');
  return lines.map((line) => line.split('\t').map(visibleLine).join('\t')).join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For an element's text and for a quoted attribute. Control characters stand as codes; line ends and tabs stay. */
export function escapeHtml(text: string): string {
  return plainLines(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** What XML 1.0 cannot hold, not even as a reference (§2.2 Char). */
const NO_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/**
 * For an element's text and for a quoted attribute; what XML 1.0 cannot hold is dropped. Line ends and tabs are kept where
 * they stand in an element; an attribute's become spaces when it is read, so make it one line before.
 */
export function escapeXml(text: string): string {
  return text
    .replaceAll(NO_XML, '')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!)
    .replaceAll('\r', '&#13;');
}

/** Nothing to see, and it parts what GitHub would make a link of: it looks for those in the finished text. */
const PART = '&#8203;';

/** Markup, and what GitHub makes links of: `::` at a line's start, addresses, mentions, numbers of issues, emoji. */
const MARKDOWN = /[&<>"'#@]|:(?=:|\/\/|[\w+-]+:)|www(?=\.)|gh(?=-)|[\\`*_{}[\]()|~$^!]/gi;

/**
 * For GitHub's Markdown within a line or a table's cell: no markup, no raw HTML, no links, mentions or numbers of issues.
 * It begins no workflow command.
 */
export function escapeMarkdown(text: string): string {
  return (
    oneLine(text)
      .trim()
      .replaceAll(MARKDOWN, (found) => {
        if (found === '#') return `\\#${PART}`;
        if (/^[@:wg]/i.test(found)) return `${found}${PART}`;
        return ENTITIES[found] ?? `\\${found}`;
      })
      // What makes a list, a heading or a rule of a line.
      .replace(/^[-+=]/, '\\$&')
      .replace(/^(\d+)\.(?=\s|$)/, '$1\\.')
  );
}

/** The same as code, where a code span can hold it in any place, so that names are read as they are. */
export function markdownCode(text: string): string {
  const line = oneLine(text).trim();
  return line === '' || /[`|]|^:|##\[/.test(line) ? escapeMarkdown(text) : `\`${line}\``;
}

/** A block of code of Markdown; the fence is longer than any within, and no line of it is a workflow command. */
export function markdownBlock(text: string, language = ''): string {
  const lines = plainLines(text)
    .replace(/\n+$/, '')
    .replaceAll(/^(\s*:)(?=:)|(##)(?=\[)/gm, '$&\u200B');
  const longest = Math.max(2, ...[...lines.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${lines}\n${fence}\n`;
}

/** For the message of a GitHub workflow command, as actions/toolkit's core does; several lines stay several lines. */
export function escapeAnnotation(text: string): string {
  return plainLines(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** For a property of a GitHub workflow command. */
export function escapeProperty(text: string): string {
  return escapeAnnotation(oneLine(text)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
