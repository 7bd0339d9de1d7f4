// An error on its way from one thread or process to another, where it is thrown again as what it was.

import { AssertionError, InputError } from '../../sim/errors.ts';

export type CarriedError =
  | {
      readonly kind: 'refused';
      readonly field: string;
      readonly received: string;
      readonly expected: string;
      readonly code: string;
    }
  | { readonly kind: 'failed'; readonly message: string };

/** An error as data. */
export function carried(error: unknown): CarriedError {
  if (error instanceof InputError) {
    const { field, received, expected, code } = error;
    return { kind: 'refused', field, received: String(received), expected, code };
  }
  return { kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/** The error that came: bad input stays bad input, all else is a bug. */
export function thrown(error: CarriedError): Error {
  if (error.kind === 'failed') return new AssertionError(error.message);
  return new InputError(error.field, error.received, error.expected, error.code);
}
