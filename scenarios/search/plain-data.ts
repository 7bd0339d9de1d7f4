// Data of any shape made fit for a file of text, and a file's text looked over before it is read: depth, control
// characters, layout. It must not know what the data are.

/** The widest line that `laidOut` puts a list or an object in. */
const LINE_CHARS = 120;

/** How deep `plainData` looks; deeper values are left out. */
const DEPTH_MAX = 24;

const TAB = 9;
const LINE_FEED = 10;
const RETURN = 13;

/** A control character: C0, DEL or C1 (ISO 6429). They steer terminals. */
function isControl(code: number): boolean {
  return code < 32 || (code >= 127 && code <= 159);
}

/** @param mayHaveLines tabs and line ends do not count then */
export function hasControl(text: string, mayHaveLines = false): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (!isControl(code)) continue;
    if (!mayHaveLines || (code !== TAB && code !== LINE_FEED && code !== RETURN)) return true;
  }
  return false;
}

/** The text with signs in the place of its control characters; tabs and line ends stay where that is asked for. */
export function visibleText(text: string, mayHaveLines = false): string {
  if (!hasControl(text, mayHaveLines)) return text;
  let visible = '';
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    visible += hasControl(character, mayHaveLines) ? signOf(text.charCodeAt(index)) : character;
  }
  return visible;
}

/** Unicode's control pictures: U+2400 and on for C0, U+2421 for DEL; none for C1. */
function signOf(code: number): string {
  if (code < 32) return String.fromCharCode(0x2400 + code);
  return code === 127 ? '\u2421' : '\uFFFD';
}

/** The same record with its keys in order. */
export function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  const keys = Object.keys(record).sort();
  return Object.fromEntries(keys.map((key) => [key, record[key]!]));
}

/**
 * What JSON can hold of a value: keys sorted at every depth, control characters made visible, what is no data as text.
 * Maps become objects, sets and typed arrays lists; what contains itself is left out there.
 */
export function plainData(value: unknown, holders: readonly object[] = []): unknown {
  if (typeof value === 'string') return visibleText(value, true);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint' || typeof value === 'symbol') return visibleText(String(value), true);
  if (typeof value !== 'object') return value === undefined ? undefined : `a ${typeof value}`;
  if (holders.length >= DEPTH_MAX || holders.includes(value)) return '…';
  const within = [...holders, value];
  if (Array.isArray(value) || value instanceof Set || ArrayBuffer.isView(value)) {
    const list = value instanceof DataView ? [] : [...(value as Iterable<unknown>)];
    return list.map((item) => plainData(item, within) ?? null);
  }
  const entries = value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
  const plain = entries.flatMap(([key, item]): [string, unknown][] => {
    const data = plainData(item, within);
    return data === undefined || key === '__proto__' ? [] : [[visibleText(String(key)), data]];
  });
  return sorted(Object.fromEntries(plain));
}

/** JSON for people: what fits goes in one line, so that a list of records has one a line. */
export function laidOut(value: unknown, indent = ''): string {
  const flat = JSON.stringify(value);
  if (typeof value !== 'object' || value === null || flat.length + indent.length <= LINE_CHARS) return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => inner + laidOut(item, inner)).join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const lines = entries.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${laidOut(item, inner)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

/**
 * How deep a JSON text goes and how many lists and objects it has, without reading it: what is too deep or too much for
 * the memory must not be parsed. Of a text that is no JSON it says nothing of use.
 */
export function extentOf(text: string): { depth: number; holders: number } {
  let depth = 0;
  let deepest = 0;
  let holders = 0;
  let isText = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isText) {
      if (code === 0x5c) index++;
      else if (code === 0x22) isText = false;
    } else if (code === 0x22) {
      isText = true;
    } else if (code === 0x5b || code === 0x7b) {
      holders++;
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
  return { depth: deepest, holders };
}
