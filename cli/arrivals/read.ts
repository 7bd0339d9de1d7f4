// Reads a record of arrivals from a file, line by line: what users are called is hashed with a key that nobody keeps, and
// payloads are never looked at. It must not know what is done with arrivals.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Arrivals, ArrivalsCollector } from '../../scenarios/arrivals/arrivals.ts';
import { type Broken, BROKEN_WORDS, formatOf, type LineReader } from '../../scenarios/arrivals/lines.ts';
import { InputError } from '../../sim/errors.ts';
import { visibleLine } from '../../sim/visible-text.ts';
import { reasonOf } from '../files.ts';

/** What a file gave, and what was left out of it. */
export interface ReadArrivals {
  readonly arrivals: Arrivals;
  /** What to tell a person, one line each; nothing that names anybody. */
  readonly remarks: readonly string[];
}

const CHUNK_BYTES = 1 << 20;
const LINE_BYTES_MAX = 65_536;
const REQUESTS_MAX = 10_000_000;
/** Broken lines that are named. */
const NAMED_MAX = 5;
/** So many lines are read before a file of which most are broken is left. */
const LINES_UNTIL_JUDGED = 100_000;

/** How packed files begin. */
const PACKED: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/**
 * Reads arrivals: CSV, NDJSON or an access log, told apart by the first line. Users come back as numbers in the order of
 * their first request, so that the same file gives the same whatever the key was.
 *
 * @param field the flag or argument that named the file
 * @throws InputError where it cannot be read, is packed, has no usable line, or has more lines broken than not
 */
export function readArrivals(field: string, file: string, cwd: string): ReadArrivals {
  let descriptor: number;
  try {
    descriptor = openSync(resolve(cwd, file), 'r');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw refused(field, file, isMissing ? 'a file that exists' : `a readable file (${reasonOf(error)})`);
  }
  try {
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) throw refused(field, file, 'a file, not a directory');
    if (!stats.isFile() && !stats.isFIFO()) throw refused(field, file, 'a regular file, or a pipe');
    return new Reading(field, file).read(descriptor);
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (typeof (error as NodeJS.ErrnoException).code !== 'string') throw error;
    throw refused(field, file, `a readable file (${reasonOf(error)})`);
  } finally {
    closeSync(descriptor);
  }
}

function refused(field: string, file: string, expected: string, code = 'ERR_FILE'): InputError {
  return new InputError(field, file, expected, code);
}

/** One file on its way in. */
class Reading {
  readonly #field: string;
  readonly #file: string;
  readonly #collector = new ArrivalsCollector();
  readonly #hash = createHash('sha256');
  /** Kept by nobody: without it a hash cannot be compared with what it came from. */
  readonly #key = randomBytes(32);
  readonly #users = new Map<string, number>();
  #format: ReturnType<typeof formatOf> | undefined;
  #number = 0;
  #lines = 0;
  #others = 0;
  #broken = 0;
  readonly #named: string[] = [];

  constructor(field: string, file: string) {
    this.#field = field;
    this.#file = file;
  }

  read(descriptor: number): ReadArrivals {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let rest = Buffer.alloc(0);
    let isFirst = true;
    /** What is left of a line that is too long is passed over. */
    let isSkipping = false;
    for (;;) {
      const length = readSync(descriptor, chunk, 0, CHUNK_BYTES, null);
      if (length === 0) break;
      const bytes = chunk.subarray(0, length);
      if (isFirst) this.#checkKind(bytes);
      isFirst = false;
      this.#hash.update(bytes);
      let from = 0;
      for (;;) {
        const end = bytes.indexOf(10, from);
        if (end < 0) break;
        if (isSkipping) isSkipping = false;
        else
          this.#take(rest.length === 0 ? bytes.subarray(from, end) : Buffer.concat([rest, bytes.subarray(from, end)]));
        if (rest.length > 0) rest = Buffer.alloc(0);
        from = end + 1;
      }
      if (isSkipping) continue;
      rest = Buffer.concat([rest, bytes.subarray(from)]);
      if (rest.length <= LINE_BYTES_MAX) continue;
      this.#take(rest);
      rest = Buffer.alloc(0);
      isSkipping = true;
    }
    if (rest.length > 0) this.#take(rest);
    return this.#end();
  }

  /** Refuses what is no text of one byte a character at least. */
  #checkKind(bytes: Buffer): void {
    const packed = PACKED.find(([, magic]) => magic.every((byte, at) => bytes[at] === byte));
    if (packed !== undefined) {
      const how = packed[0] === 'gzip' ? ': unpack it first, as gunzip -k does' : ': unpack it first';
      throw refused(this.#field, this.#file, `a text file, not one packed by ${packed[0]}${how}`);
    }
    const mark = bytes.subarray(0, 2).toString('hex');
    if (mark === 'fffe' || mark === 'feff') throw refused(this.#field, this.#file, 'a text file in UTF-8');
  }

  #take(bytes: Buffer): void {
    this.#number++;
    if (bytes.length > LINE_BYTES_MAX) return this.#break('length');
    let text = bytes.toString('utf8');
    if (this.#number === 1 && text.startsWith('\uFEFF')) text = text.slice(1);
    if (text.endsWith('\r')) text = text.slice(0, -1);
    if (text.trim() === '') return;
    if (this.#format === undefined) {
      this.#format = formatOf(text);
      if (this.#format.isHeader) return;
      this.#checkHeader(text);
    }
    this.#line(text, this.#format.read);
  }

  /** A file called CSV that does not begin as one: whoever reads of broken lines would look for them in vain. */
  #checkHeader(text: string): void {
    if (!this.#file.toLowerCase().endsWith('.csv')) return;
    if (this.#format!.format === 'ndjson' || this.#format!.read(text) !== 'form') return;
    throw refused(this.#field, this.#file, 'a CSV file whose first line is time,user,operation,bytes', 'ERR_ARRIVALS');
  }

  #line(text: string, read: LineReader): void {
    const line = read(text);
    if (typeof line === 'string') return this.#break(line);
    this.#lines++;
    if (line.operation === 'other') {
      this.#others++;
      return;
    }
    if (this.#collector.count === REQUESTS_MAX) {
      throw refused(
        this.#field,
        this.#file,
        'at most 10,000,000 pushes and pulls: a shorter time of it',
        'ERR_ARRIVALS',
      );
    }
    const pseudonym = createHmac('sha256', this.#key).update(line.user).digest('base64');
    let user = this.#users.get(pseudonym);
    if (user === undefined) this.#users.set(pseudonym, (user = this.#users.size));
    this.#collector.add(line, user);
  }

  #break(why: Broken): void {
    this.#lines++;
    this.#broken++;
    if (this.#named.length < NAMED_MAX) this.#named.push(`line ${this.#number}: ${BROKEN_WORDS[why]}`);
    if (this.#lines === LINES_UNTIL_JUDGED) this.#checkShare();
  }

  #checkShare(): void {
    if (this.#broken * 2 <= this.#lines) return;
    const first = this.#named[0]!;
    const found = `${this.#broken} of ${this.#lines} cannot be read; ${first}`;
    throw refused(
      this.#field,
      this.#file,
      `a record of arrivals, most lines of which can be read (${found})`,
      'ERR_ARRIVALS',
    );
  }

  #end(): ReadArrivals {
    this.#checkShare();
    if (this.#collector.count === 0) {
      const found = `${this.#lines} lines, ${this.#broken} broken, ${this.#others} of other requests`;
      throw refused(this.#field, this.#file, `a record with a push or a pull in it (${found})`, 'ERR_ARRIVALS');
    }
    const arrivals = this.#collector.finish({
      name: visibleLine(basename(this.#file)),
      sha256: this.#hash.digest('hex'),
      format: this.#format!.format,
      lines: this.#lines,
      others: this.#others,
      broken: this.#broken,
    });
    const remarks = [...this.#named];
    const lines = (count: number): string => (count === 1 ? '1 line' : `${count} lines`);
    if (this.#broken > NAMED_MAX) remarks.push(`and ${lines(this.#broken - NAMED_MAX)} more that cannot be read`);
    if (this.#broken > 0) remarks.push(`left out what cannot be read: ${this.#broken} of ${lines(this.#lines)}`);
    if (this.#others > 0) remarks.push(`left out what is neither push nor pull: ${lines(this.#others)}`);
    const { outOfOrder } = arrivals.origin;
    if (outOfOrder > 0) remarks.push(`put in place what stood after later ones: ${lines(outOfOrder)}`);
    return { arrivals, remarks };
  }
}
