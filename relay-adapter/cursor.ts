// The relay's cursor as text: opaque to devices, of constant length, and in order of position.

/** Characters of a cursor. */
export const CURSOR_LENGTH = 8;
const POSITION_MAX = 36 ** (CURSOR_LENGTH - 1) - 1;

/** The text of a log position, 0 for the start. */
export function cursorText(position: number): string {
  return `c${position.toString(36).padStart(CURSOR_LENGTH - 1, '0')}`;
}

/** The position in a cursor, or −1 where the text is none. */
export function cursorPosition(text: string): number {
  if (!/^c[0-9a-z]{7}$/.test(text)) return -1;
  const position = Number.parseInt(text.slice(1), 36);
  return position <= POSITION_MAX ? position : -1;
}
