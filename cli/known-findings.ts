// Findings that people know of: accepted by name in a file, with a reason and a last day, or seen on the base as well. It
// must not know how a finding was found.
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { errorOfIssue } from '../scenarios/search/finding-errors.ts';
import { hasControl } from '../scenarios/search/plain-data.ts';
import { InputError } from '../sim/errors.ts';
import { reasonOf } from './files.ts';

/**
 * What a finding is to whoever has to act on it. `known` (accepted, until its last day) and `on-base` (the base shows it
 * too) warn; `new` and `expired` (accepted until a day that is over) fail.
 */
export type Standing = 'new' | 'known' | 'expired' | 'on-base';

/** One accepted signature. */
export interface KnownFinding {
  readonly signature: string;
  /** Left out, it is accepted in every scenario. */
  readonly scenario?: string;
  readonly reason: string;
  /** The last day on which it is accepted: `2027-01-31`. */
  readonly expires: string;
  /** Where it is spoken of. */
  readonly issue?: string;
}

/** What is accepted, in the file's order; of one signature and scenario at most one. */
export type KnownFindings = readonly KnownFinding[];

/** Largest file of accepted signatures, bytes, and most of them. */
const KNOWN_BYTES_MAX = 1024 * 1024;
const KNOWN_MAX = 5000;
/** Largest result of a replay that is read, bytes. */
const REPLAY_BYTES_MAX = 64 * 1024 * 1024;

const lineOf = (charsMax: number): z.ZodType<string> =>
  z
    .string()
    .min(1)
    .max(charsMax)
    .refine((text) => !hasControl(text), 'a text of one line, without control characters');

const knownSchema = z.strictObject({
  known: z
    .array(
      z.strictObject({
        signature: lineOf(500),
        scenario: lineOf(200).exactOptional(),
        reason: lineOf(1000),
        expires: z.string().refine(isDate, 'the last day on which it is accepted, such as 2027-01-31'),
        issue: lineOf(500)
          .refine((text) => /^https?:\/\/\S+$/.test(text), 'an address, such as https://…')
          .exactOptional(),
      }),
    )
    .max(KNOWN_MAX),
}) satisfies z.ZodType<{ known: KnownFindings }>;

/**
 * The accepted signatures of a file: `{ "known": [{ "signature", "scenario"?, "reason", "expires", "issue"? }] }`.
 *
 * @param field the flag that named it
 * @throws InputError (`ERR_KNOWN`, `ERR_FILE`) naming the place
 */
export function readKnown(field: string, file: string, cwd: string): KnownFindings {
  const raw = parsedFile(field, file, cwd, KNOWN_BYTES_MAX, 'ERR_KNOWN');
  const result = knownSchema.safeParse(raw);
  if (!result.success) throw coded(errorOfIssue(file, result.error.issues[0]!, raw), 'ERR_KNOWN');
  const { known } = result.data;
  checkOnce(known, file);
  return known;
}

/** One line of a file cannot say something else than another one: an entry without a scenario speaks of all. */
function checkOnce(known: KnownFindings, file: string): void {
  const scenariosOf = new Map<string, (string | undefined)[]>();
  for (const [index, { signature, scenario }] of known.entries()) {
    const before = scenariosOf.get(signature) ?? [];
    const isAgain = before.some((each) => each === undefined || scenario === undefined || each === scenario);
    if (isAgain) {
      const expected = `each signature once, or once for each scenario (in ${file})`;
      throw new InputError(`known[${index}].signature`, signature, expected, 'ERR_KNOWN');
    }
    scenariosOf.set(signature, [...before, scenario]);
  }
}

const replaySchema = z.object({
  schemaVersion: z.literal(1),
  files: z.array(z.object({ verdict: z.string(), signature: z.string().optional() })),
});

/**
 * The signatures that a replay on the base has shown: those that were reproduced, and failures in their place.
 *
 * @param file what `squall replay --json` wrote there
 * @throws InputError (`ERR_RESULT`, `ERR_FILE`) naming the place
 */
export function readBaseReplay(field: string, file: string, cwd: string): ReadonlySet<string> {
  const raw = parsedFile(field, file, cwd, REPLAY_BYTES_MAX, 'ERR_RESULT');
  const result = replaySchema.safeParse(raw);
  if (!result.success) {
    const { field: place, received, expected } = errorOfIssue(file, result.error.issues[0]!, raw);
    const whole = `${expected}; ${field} takes what squall replay --json writes`;
    throw new InputError(place, received, whole, 'ERR_RESULT');
  }
  const signatures = new Set<string>();
  for (const { verdict, signature } of result.data.files) {
    // Of a plan that fails in another way there, the signature is that other one.
    const isSeen = verdict === 'reproduced' || verdict === 'other';
    if (isSeen && signature !== undefined) signatures.add(signature);
  }
  return signatures;
}

export interface StandingOptions {
  readonly known?: KnownFindings;
  /** Signatures that the base shows too. */
  readonly onBase?: ReadonlySet<string>;
  /** The day, as `2026-11-23`. */
  readonly today: string;
}

/** What a finding is, and why, in one line; the reason of a new one is empty. */
export interface Judgement {
  readonly standing: Standing;
  readonly reason: string;
}

/** What a finding is. The base comes before a day that is over: nobody answers for what was there before. */
export function standingOf(
  signature: string,
  scenario: string,
  { known = [], onBase, today }: StandingOptions,
): Judgement {
  const entry = known.find(
    (each) => each.signature === signature && (each.scenario === undefined || each.scenario === scenario),
  );
  // Days of this form are in the order of their text.
  if (entry !== undefined && today <= entry.expires) {
    return { standing: 'known', reason: `known until ${entry.expires}: ${reasonText(entry)}` };
  }
  if (onBase?.has(signature) === true) return { standing: 'on-base', reason: 'the base shows it too' };
  if (entry === undefined) return { standing: 'new', reason: '' };
  return { standing: 'expired', reason: `was accepted until ${entry.expires}: ${reasonText(entry)}` };
}

/** Whether a finding of this standing makes a command fail. */
export function fails(standing: Standing): boolean {
  return standing === 'new' || standing === 'expired';
}

function reasonText({ reason, issue }: KnownFinding): string {
  return issue === undefined ? reason : `${reason} (${issue})`;
}

/** A day that there is, from the year 1000 on. */
function isDate(text: string): boolean {
  const parts = /^([1-9]\d{3})-(\d\d)-(\d\d)$/.exec(text);
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function coded({ field, received, expected }: InputError, code: string): InputError {
  return new InputError(field, received, expected, code);
}

/** The JSON of a file that is not too large. */
function parsedFile(field: string, file: string, cwd: string, bytesMax: number, code: string): unknown {
  const path = resolve(cwd, file);
  let text: string;
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) throw new InputError(field, file, 'a file that exists', 'ERR_FILE');
    if (!stats.isFile()) throw new InputError(field, file, 'a regular file', 'ERR_FILE');
    if (stats.size > bytesMax) throw new InputError(field, file, `a file of at most ${bytesMax} bytes`, 'ERR_FILE');
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(field, file, `a file that can be read (${reasonOf(error)})`, 'ERR_FILE');
  }
  try {
    // Some editors begin a file with a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch {
    throw new InputError(field, file, 'a file of JSON', code);
  }
}
