// What a document or a plug-in prints is kept for whoever runs it, and does not get into the output of a run. It must not
// know who prints, nor where the text goes.

import { format } from 'node:util';

const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const;

/**
 * Patches the console's printing methods.
 *
 * @param taker who takes the text at present; undefined where it is printed as ever
 */
export function captureConsole(taker: () => ((text: string) => void) | undefined): void {
  for (const method of METHODS) {
    const original = console[method];
    const print = (...args: unknown[]): void => {
      const take = taker();
      if (take === undefined) Reflect.apply(original, console, args);
      else take(format(...args));
    };
    Object.defineProperty(print, 'name', { value: method });
    console[method] = print;
  }
}
