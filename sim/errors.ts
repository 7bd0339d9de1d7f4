// The two kinds of wrong that are not results: bad input (exit 2) and a bug of ours (exit 3).
// What a simulation finds is data, never an error. This file must not know what is simulated.

/** Text of a received value, short enough for one line. */
function describe(received: unknown): string {
  if (received === undefined) return 'nothing';
  if (typeof received === 'string')
    return JSON.stringify(received.length > 80 ? `${received.slice(0, 77)}...` : received);
  if (typeof received === 'number' || typeof received === 'boolean' || received === null) return String(received);
  if (typeof received === 'bigint') return `${received}n`;
  if (Array.isArray(received)) return `a list of ${received.length}`;
  return typeof received === 'object' ? 'an object' : `a ${typeof received}`;
}

/** Bad input from a person: one line that names the field, what came and what was expected. The command exits with 2. */
export class InputError extends Error {
  readonly code: string;
  readonly field: string;
  readonly received: unknown;
  readonly expected: string;

  /**
   * @param field where the value stands, as the person wrote it: `network.latencyMsMean`, `--profile`, a file's path
   * @param received the value that came; shown shortened
   * @param expected what would have been right, in words: `≥ 0`, `one of light, medium, heavy`
   * @param code `ERR_CONFIG` for configuration and flags, `ERR_FILE` for files
   */
  constructor(field: string, received: unknown, expected: string, code = 'ERR_CONFIG') {
    super(`${code} ${field}: got ${describe(received)}, expected ${expected}`);
    this.name = 'InputError';
    this.code = code;
    this.field = field;
    this.received = received;
    this.expected = expected;
  }
}

/** A bug of ours: an assertion that did not hold. The command exits with 3. */
export class AssertionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AssertionError';
  }
}

/** Throws an AssertionError when the condition does not hold; never switched off. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
