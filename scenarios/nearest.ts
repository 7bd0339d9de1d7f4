// Nearest right names for misspelt ones. It knows nothing of what the names stand for.
import { closest, distance } from 'fastest-levenshtein';
import { InputError } from '../sim/errors.ts';

/**
 * The candidate that a misspelt name most likely meant, or undefined where none is near: at most two edits away, or a
 * third of the name's length for longer names. Upper and lower case count as the same.
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const wanted = name.toLowerCase();
  const folded = candidates.map((candidate) => candidate.toLowerCase());
  const best = closest(wanted, folded);
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  // Where every letter would have to change, a short name is no misspelling.
  if (distance(wanted, best) > Math.min(limit, Math.max(wanted.length, best.length) - 1)) return undefined;
  return candidates[folded.indexOf(best)];
}

/** What was expected of a name, in words: `one of a, b (did you mean a?)`. */
export function oneOfNames(received: unknown, candidates: readonly string[]): string {
  const list = candidates.length === 1 ? `${candidates[0]}` : `one of ${candidates.join(', ')}`;
  const near = typeof received === 'string' ? nearestName(received, candidates) : undefined;
  return near === undefined || candidates.length === 1 ? list : `${list} (did you mean ${near}?)`;
}

/**
 * The error for a name that is none of the candidates.
 * @param field what was named, as the person knows it: `scenario`, `--profile`
 */
export function unknownName(field: string, received: unknown, candidates: readonly string[]): InputError {
  return new InputError(field, received, oneOfNames(received, candidates));
}
