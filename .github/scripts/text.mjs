// Text of others made harmless where Markdown is written: signatures, names and messages stay data. It must not know what
// is written.

/** Longest comment or body that is sent, characters: GitHub takes 65,536. */
const BODY_CHARS_MAX = 60_000;

/** One line without control characters, at most `max` characters long. */
export function line(text, max = 300) {
  // oxlint-disable-next-line no-control-regex -- they are what has to go
  const plain = String(text).replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ');
  const whole = plain.trim();
  return whole.length > max ? `${whole.slice(0, max - 1)}…` : whole;
}

/** A code span, in a table cell too: nothing in it is read as Markdown. */
export function code(text, max = 300) {
  return `\`${line(text, max).replaceAll('`', "'").replaceAll('|', '¦') || ' '}\``;
}

/** Running text in which nothing is read as Markdown or HTML. */
export function prose(text, max = 300) {
  return line(text, max)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_{}[\]()#+!|~-]/g, String.raw`\$&`);
}

/** A block of commands; what stands in it cannot end it. */
export function block(lines) {
  return ['```sh', ...lines.map((each) => line(each, 2000).replaceAll('```', "'''")), '```'].join('\n');
}

/** A word of a shell command, quoted where it has to be. */
export function word(text) {
  const plain = line(text, 500);
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", String.raw`'\''`)}'`;
}

/** A line by which GitHub marks a run: nothing in it begins another command. */
export function annotation(level, title, text) {
  const escaped = (each, max) => line(each, max).replaceAll('%', '%25');
  const property = escaped(title).replaceAll(':', '%3A').replaceAll(',', '%2C');
  return `::${level} title=${property}::${escaped(text, 1000)}`;
}

/**
 * A body as it may be sent: names nobody, has no hidden comments but the marker before it, and is not too long.
 * @param {string} marker hidden text by which the comment is found again
 */
export function bodyOf(marker, text) {
  const harmless = text
    // oxlint-disable-next-line no-control-regex -- they are what has to go
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
    .replaceAll('<!--', '&lt;!--')
    .split(/(^```[^]*?^```$)/m)
    // A person is named by @ and a letter or digit: a space that takes no room stands between. In blocks of commands, which
    // are copied, nobody is named.
    .map((part, at) => (at % 2 === 1 ? part : part.replaceAll(/@(?=[A-Za-z0-9])/g, '@\u200b')))
    .join('');
  const whole = `${marker}\n${harmless}`;
  if (whole.length <= BODY_CHARS_MAX) return whole;
  const chars = whole.slice(0, BODY_CHARS_MAX);
  const cut = chars.slice(0, chars.lastIndexOf('\n'));
  // A block or details that were open where it was cut would swallow the note.
  const fences = cut.split('\n').filter((each) => each.startsWith('```')).length;
  const open = cut.split('<details>').length - cut.split('</details>').length;
  const closing = `${fences % 2 === 1 ? '\n```' : ''}${'\n</details>'.repeat(Math.max(0, Math.min(open, 20)))}`;
  return `${cut}${closing}\n\n… cut here: the artefacts hold the whole report.\n`;
}
