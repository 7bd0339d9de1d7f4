// What documents have printed in a run, the last of it: a finding keeps it. It must not know who prints.

/** So many texts are kept, and so much of each. */
const TEXTS_MAX = 20;
const CHARS_MAX = 500;

export class Printed {
  readonly #texts: string[] = [];

  /** @param device index of the device whose document printed */
  add(device: number, text: string): void {
    this.#texts.push(`device ${device}: ${text.slice(0, CHARS_MAX)}`);
    if (this.#texts.length > TEXTS_MAX) this.#texts.shift();
  }

  toString(): string {
    return this.#texts.join('\n');
  }
}
