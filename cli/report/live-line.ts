// A line that says how far something is, on standard error: rewritten in place on a terminal, a plain line every few
// seconds elsewhere. It must not slow what it tells of: most calls return at once.

const REWRITE_EVERY_MS = 100;
const LINE_EVERY_MS = 5000;

/** What a live line needs of its surroundings. */
export interface LiveLineOptions {
  write(text: string): void;
  nowMs(): number;
  /** On a terminal the line is rewritten. */
  inPlace: boolean;
  columns(): number;
}

export class LiveLine {
  readonly #options: LiveLineOptions;
  readonly #startedMs: number;
  #shownMs: number;
  #isOpen = false;

  constructor(options: LiveLineOptions) {
    this.#options = options;
    this.#startedMs = options.nowMs();
    this.#shownMs = options.inPlace ? -Infinity : this.#startedMs;
  }

  /**
   * Shows a text, unless one was shown a moment ago.
   * @param line makes the text; is given the real time since the start, ms
   */
  update(line: (elapsedMs: number) => string): void {
    const { inPlace } = this.#options;
    const now = this.#options.nowMs();
    if (now - this.#shownMs < (inPlace ? REWRITE_EVERY_MS : LINE_EVERY_MS)) return;
    this.#shownMs = now;
    const text = line(now - this.#startedMs);
    if (!inPlace) return this.#options.write(`${text}\n`);
    this.#options.write(`\r${text.slice(0, Math.max(1, this.#options.columns() - 1))}\u001b[K`);
    this.#isOpen = true;
  }

  /** Takes the rewritten line away, so that something else can be printed; plain lines stay. */
  end(): void {
    if (this.#isOpen) this.#options.write('\r\u001b[K');
    this.#isOpen = false;
  }
}
