// What keys of the live view ask for. It must not know who does it.

import type { Wish } from './messages.ts';

/** What a key does: something of the view alone, or a wish that the command hears. */
export type KeyAction =
  | 'next tab'
  | 'previous tab'
  | 'next operation'
  | 'previous operation'
  | 'help'
  | 'close'
  | 'suspend'
  | Wish;

/** Of a key as ink reads it, what matters here. */
export interface Key {
  readonly ctrl: boolean;
  readonly meta: boolean;
  readonly shift: boolean;
  readonly tab: boolean;
  readonly escape: boolean;
  readonly rightArrow: boolean;
  readonly leftArrow: boolean;
}

const BY_CHARACTER: Readonly<Record<string, KeyAction>> = {
  '?': 'help',
  p: 'pause',
  s: 'step',
  // The same key without shift.
  '=': 'faster',
  '+': 'faster',
  '-': 'slower',
  q: 'quit',
  // What comes together with others comes as text.
  '\t': 'next tab',
  '\u0003': 'quit',
  '\u001a': 'suspend',
};
const BY_CONTROL: Readonly<Record<string, KeyAction>> = { c: 'quit', z: 'suspend' };

/** What keys ask for, in their order: those that come fast come as one text. */
export function keyActions(input: string, key: Key): KeyAction[] {
  if (key.tab) return [key.shift ? 'previous tab' : 'next tab'];
  if (key.rightArrow) return ['next operation'];
  if (key.leftArrow) return ['previous operation'];
  if (key.escape) return ['close'];
  if (key.meta) return [];
  const table = key.ctrl ? BY_CONTROL : BY_CHARACTER;
  return Array.from(input).flatMap((character) => table[character] ?? []);
}
