// What a relay's opaque cursors stand for: the position in the log of a ledger that each was handed out with. Devices hold
// positions, the wire carries texts. It must not know how a relay makes them.

import { cursorPosition } from '../cursor.ts';

export class Cursors {
  /** By ledger: the text that was handed out last for a position. */
  readonly #texts = new Map<number, Map<number, string>>();
  /** By ledger: what a text stands for. */
  readonly #positions = new Map<number, Map<string, number>>();

  /** A relay has handed out a text for what is up to a position. */
  learn(ledger: number, position: number, text: string): void {
    at(this.#texts, ledger).set(position, text);
    at(this.#positions, ledger).set(text, position);
  }

  /** The text for a position; undefined where none was handed out yet. */
  textOf(ledger: number, position: number): string | undefined {
    return this.#texts.get(ledger)?.get(position);
  }

  /** The position that a text stands for; one that was never seen is read as our own relay writes them, else −1. */
  positionOf(ledger: number, text: string): number {
    return this.#positions.get(ledger)?.get(text) ?? cursorPosition(text);
  }
}

function at<K, V>(maps: Map<number, Map<K, V>>, ledger: number): Map<K, V> {
  let map = maps.get(ledger);
  if (map === undefined) maps.set(ledger, (map = new Map()));
  return map;
}
