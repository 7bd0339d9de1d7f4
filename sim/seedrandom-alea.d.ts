// Types of the one file of seedrandom that is loaded: the package's entry gathers entropy when it is imported, this does not.

declare module 'seedrandom/lib/alea.js' {
  interface Alea {
    (): number;
    int32: (() => number) | null;
    double: (() => number) | null;
    quick: (() => number) | null;
  }

  /** Makes a generator of numbers in [0, 1), multiples of 2^-32, from the text of its seed. */
  export default function alea(seed: string): Alea;
}
