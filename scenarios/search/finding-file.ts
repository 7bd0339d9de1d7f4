// The file in which a finding is kept: what it holds, its text, and its text read again. What is read is data and is
// never run. It must not know folders, nor how a plan is found or run.
import { z } from 'zod';
import { InputError } from '../../sim/errors.ts';
import { hashText } from '../../sim/random.ts';
import type { Finding } from '../../models/finding.ts';
import type { Plan } from '../../models/plan.ts';
import { type Config, configSchema } from '../config-schema.ts';
import { TOOL } from '../version.ts';
import { errorOfIssue, findingError, firstUnfit } from './finding-errors.ts';
import { extentOf, laidOut, plainData, sorted, visibleText } from './plain-data.ts';
import { firstMismatch } from './plan-references.ts';
import { count, line, planSchema } from './plan-schema.ts';
import type { PlanSize } from './plan-size.ts';

/** The version of the file's form. */
export const FINDING_FORMAT_VERSION = 1;

/** Longest text that is read, in characters; a reader looks at a file's size before it reads it. */
export const FINDING_CHARS_MAX = 64 * 1024 * 1024;

/** Deepest nesting, and most lists and objects: beyond, reading would take all memory. */
const DEPTH_MAX = 64;
const HOLDERS_MAX = 5_000_000;

/** A kept finding. */
export interface FindingFile {
  readonly formatVersion: typeof FINDING_FORMAT_VERSION;
  /** What seeds were drawn by when it was found; the plan holds under any other. */
  readonly drawVersion: number;
  readonly tool: { readonly name: string; readonly version: string };
  /** The command that replays it. */
  readonly command: string;
  readonly seed: string;
  readonly scenario: string;
  /** Resolved, whole. */
  readonly config: Config;
  /** The document type: a name, or the path of a file. */
  readonly documents: string;
  /** Versions of Node and of the libraries that were used, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly finding: Finding;
  /** The plan's size before shrinking, and after. */
  readonly sizeBefore: PlanSize;
  readonly sizeAfter: PlanSize;
  /** False where time was over before everything was tried; left out where that is not known. */
  readonly isFullyShrunk?: boolean;
  /** What the plan names and did not happen, in words. */
  readonly unexercised: readonly string[];
  readonly traceHash: string;
  /** Events between two checkpoints, and the trace's hash at each. */
  readonly checkpointEvery: number;
  readonly checkpoints: readonly string[];
  /** The last events, as text. */
  readonly lastEvents: readonly string[];
  /** What each device showed in the end. */
  readonly views: Readonly<Record<string, unknown>>;
  readonly plan: Plan;
}

const size = z.strictObject({ devices: count, edits: count, faults: count, steps: count, fates: count });
const hash = z.string().regex(/^[0-9a-f]{8,64}$/, 'a hash of hexadecimal digits');
const numbers = z.array(count);

const parting = z.strictObject({
  target: line,
  author: count,
  incarnation: count,
  sequence: count,
  atUs: count,
  seenBy: numbers,
  notSeenBy: numbers,
});

const finding = z.strictObject({
  oracle: line.min(1),
  kind: z.enum(['safety', 'liveness']),
  signature: line.min(1),
  atUs: count,
  event: count,
  devices: numbers,
  documents: z.array(line),
  detail: z.record(z.string(), z.unknown()),
  parting: parting.exactOptional(),
}) satisfies z.ZodType<Finding>;

/** In the order in which a file has its parts: what a person wants to know first, the plan last. */
const schema = z.strictObject({
  formatVersion: z.literal(FINDING_FORMAT_VERSION),
  drawVersion: count.min(1),
  tool: z.strictObject({ name: line.min(1), version: line.min(1) }),
  command: line.min(1),
  seed: line.min(1),
  scenario: line.min(1),
  documents: line.min(1),
  versions: z.record(z.string(), line),
  finding,
  sizeBefore: size,
  sizeAfter: size,
  isFullyShrunk: z.boolean().exactOptional(),
  unexercised: z.array(z.string()),
  views: z.record(z.string(), z.unknown()),
  config: configSchema,
  plan: planSchema,
  traceHash: hash,
  checkpointEvery: count.min(1),
  checkpoints: z.array(hash),
  lastEvents: z.array(z.string()),
}) satisfies z.ZodType<FindingFile>;

/** Gives the file of the next version for one of its own, as parsed from JSON, unchecked. It gets a copy of its own. */
export type Migration = (file: Record<string, unknown>) => Record<string, unknown>;

/** From each older version to the next. */
const MIGRATIONS: ReadonlyMap<number, Migration> = new Map();

/**
 * The text of a finding's file; the same for equal findings. Control characters in what was observed (details, views,
 * events) are made visible.
 * @throws InputError where it could not be read again: a plan whose texts hold control characters other than tabs and
 * line ends, one that is larger than FINDING_CHARS_MAX
 */
export function findingFileText(file: FindingFile): string {
  const { config } = file;
  const plain = {
    ...file,
    config: { ...config, workload: sorted(config.workload), thresholds: sorted(config.thresholds) },
    versions: sorted(file.versions),
    finding: { ...file.finding, detail: plainData(file.finding.detail) },
    views: plainData(file.views),
    unexercised: file.unexercised.map((text) => visibleText(text)),
    lastEvents: file.lastEvents.map((text) => visibleText(text)),
  };
  checkTexts('the finding', plain);
  const text = `${laidOut(checked('the finding', plain))}\n`;
  checkExtent('the finding', text);
  return text;
}

/**
 * The finding that a text holds, migrated from an older version where it is of one.
 * @param name the file's, for messages
 * @param migrations for tests
 * @throws InputError (`ERR_FINDING`) that says in one line what is wrong, whatever the text is
 */
export function parseFindingFile(
  name: string,
  text: string,
  migrations: ReadonlyMap<number, Migration> = MIGRATIONS,
): FindingFile {
  checkExtent(name, text);
  const raw = parsed(name, text);
  const version = versionOf(name, raw, migrations);
  checkTexts(name, raw);
  return checked(name, migrated(name, raw, version, migrations));
}

function checkTexts(name: string, file: object): void {
  const unfit = firstUnfit(file);
  if (unfit !== undefined) throw findingError(name, unfit);
}

function checkExtent(name: string, text: string): void {
  const refuse = (received: string, expected: string): never => {
    throw findingError(name, { place: '', received, expected });
  };
  if (text.length > FINDING_CHARS_MAX) refuse(`${text.length} characters`, `at most ${FINDING_CHARS_MAX}`);
  const { depth, holders } = extentOf(text);
  if (depth > DEPTH_MAX) refuse(`lists and objects ${depth} deep`, `at most ${DEPTH_MAX}`);
  if (holders > HOLDERS_MAX) refuse(`${holders} lists and objects`, `at most ${HOLDERS_MAX}`);
}

/** Characters shown of a text that is no JSON. */
const SHOWN = 40;

function parsed(name: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    // Some editors begin a file with a byte order mark.
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw findingError(name, { place: '', ...faultOf(text, (error as Error).message) });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw findingError(name, { place: '', received: value, expected: 'an object, as squall writes it' });
}

/** @param message what JSON.parse said, which names the position of most faults */
function faultOf(text: string, message: string): { received: string; expected: string } {
  const position = /position (\d+)/.exec(message)?.[1];
  const isCut = position === undefined ? message.includes('end of JSON') : Number(position) >= text.length;
  if (isCut) {
    const expected = `whole JSON (it ends too soon, after ${text.length} characters)`;
    return { received: text.slice(-SHOWN), expected };
  }
  if (position === undefined) return { received: text.slice(0, SHOWN), expected: 'JSON' };
  const at = Number(position);
  const expected = `JSON (it goes wrong at character ${at + 1})`;
  return { received: text.slice(Math.max(0, at - SHOWN), at + 1), expected };
}

/** The version of a file, one that is read. */
function versionOf(name: string, raw: Record<string, unknown>, migrations: ReadonlyMap<number, Migration>): number {
  const place = 'formatVersion';
  const version = raw[place];
  const oldest = Math.min(FINDING_FORMAT_VERSION, ...migrations.keys());
  const range = oldest === FINDING_FORMAT_VERSION ? `${oldest}` : `${oldest} to ${FINDING_FORMAT_VERSION}`;
  if (typeof version !== 'number' || !Number.isSafeInteger(version)) {
    throw findingError(name, { place, received: version, expected: `the version of a finding file: ${range}` });
  }
  if (version > FINDING_FORMAT_VERSION) {
    const expected = `${range}, which squall ${TOOL.version} reads; ${writerOf(raw)} wrote it`;
    throw findingError(name, { place, received: version, expected });
  }
  for (let from = version; from < FINDING_FORMAT_VERSION; from++) {
    if (!migrations.has(from)) throw findingError(name, { place, received: version, expected: range });
  }
  return version;
}

function migrated(
  name: string,
  raw: Record<string, unknown>,
  version: number,
  migrations: ReadonlyMap<number, Migration>,
): Record<string, unknown> {
  let file = raw;
  for (let from = version; from < FINDING_FORMAT_VERSION; from++) {
    try {
      file = { ...migrations.get(from)!(structuredClone(file)), formatVersion: from + 1 };
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw findingError(name, { place: '', received: file, expected: `a finding file of version ${from}` });
    }
  }
  return file;
}

function writerOf({ tool }: Record<string, unknown>): string {
  const version = typeof tool === 'object' && tool !== null && 'version' in tool ? tool.version : undefined;
  const isVersion = typeof version === 'string' && /^[\w.+-]{1,40}$/.test(version);
  return isVersion ? `squall ${version}` : 'a later squall';
}

/** The file with its parts in order, each checked, and whether they go together. */
function checked(name: string, raw: Record<string, unknown>): FindingFile {
  const result = schema.safeParse(raw);
  if (!result.success) throw errorOfIssue(name, result.error.issues[0]!, raw);
  const file = result.data;
  for (const key of ['seed', 'scenario', 'documents'] as const) {
    if (file[key] === file.config[key]) continue;
    const expected = `the same as config.${key} (${JSON.stringify(file.config[key])})`;
    throw findingError(name, { place: key, received: file[key], expected });
  }
  const mismatch = firstMismatch(file.plan, file.config.relay.workers);
  if (mismatch !== undefined) throw findingError(name, { ...mismatch, place: `plan.${mismatch.place}` });
  return file;
}

/** Longest part of a file's name that is made of a signature. */
const SLUG_CHARS = 60;

/**
 * A signature as part of a file's name: a-z, 0-9 and `-`, safe on all file systems. Where characters are replaced or
 * left out, or where it looks as if they were, a hash of the signature is added, so that signatures that differ stay
 * apart.
 */
export function signatureSlug(signature: string): string {
  const plain = signature
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, SLUG_CHARS);
  const isWhole = plain === signature && plain !== '' && !/(?:^|-)[0-9a-f]{8}$/.test(plain);
  if (isWhole) return plain;
  const digits = hashText(signature).toString(16).padStart(8, '0');
  return plain === '' ? digits : `${plain}-${digits}`;
}

/** The name of a finding's file. */
export function findingFileName(scenario: string, signature: string): string {
  return `${signatureSlug(scenario)}-${signatureSlug(signature)}.json`;
}
