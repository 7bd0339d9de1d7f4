// Where clocks and entropy come from inside a document's or a plug-in's call, and what the runtime's functions would
// give if they were fed from there: bytes, UUIDs, integers, high resolution time. It must not touch the runtime's own.

export interface AmbientSource {
  /** A number in [0, 1) with at least 32 bits. */
  random(): number;
  /** Milliseconds since 1970; may have a fraction. */
  nowMs(): number;
  /** Takes what is printed to the console; left out, that is lost. */
  print?(text: string): void;
}

/** The time in nanoseconds since 1970, rounded down. */
export function nanoseconds(source: AmbientSource): bigint {
  const ms = source.nowMs();
  const whole = Math.floor(ms);
  return BigInt(whole) * 1_000_000n + BigInt(Math.floor((ms - whole) * 1e6));
}

/** The time since another as `process.hrtime` gives it: [seconds, nanoseconds], the latter from 0 to 999999999. */
export function highResolution(source: AmbientSource, sinceS: number, sinceNs: number): [number, number] {
  const second = 1_000_000_000n;
  const elapsed = nanoseconds(source) - BigInt(sinceS) * second - BigInt(sinceNs);
  const ns = ((elapsed % second) + second) % second;
  return [Number((elapsed - ns) / second), Number(ns)];
}

/** Bytes from 32-bit draws, the same for every type of array. */
export function fill(source: AmbientSource, bytes: Uint8Array): void {
  let word = 0;
  for (let index = 0; index < bytes.length; index++) {
    word = index % 4 === 0 ? Math.floor(source.random() * 4294967296) : word >>> 8;
    bytes[index] = word & 255;
  }
}

/** A UUID of version 4, or of version 7 with the time given. */
export function uuid(source: AmbientSource, atMs?: number): string {
  const bytes = Buffer.alloc(16);
  fill(source, bytes);
  if (atMs !== undefined) bytes.writeUIntBE(atMs, 0, 6);
  bytes[6] = ((bytes[6] as number) & 0x0f) | (atMs === undefined ? 0x40 : 0x70);
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** An integer from 0 to span − 1, each as likely as the others; span < 2^48. */
export function below(source: AmbientSource, span: number): number {
  const high = Math.floor(source.random() * 2097152);
  return Math.floor(((high * 4294967296 + source.random() * 4294967296) / 2 ** 53) * span);
}

/** The bytes that `randomFill(buffer, offset, size)` means, counted in elements; null for arguments that it refuses. */
export function bytesOf(args: unknown[]): Uint8Array | null {
  const [buffer, offset, size] = args.filter((arg) => typeof arg !== 'function');
  const isView = ArrayBuffer.isView(buffer);
  if (!isView && !(buffer instanceof ArrayBuffer) && !(buffer instanceof SharedArrayBuffer)) return null;
  const width = (isView && (buffer as Partial<Uint8Array>).BYTES_PER_ELEMENT) || 1;
  const bytes = isView ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer);
  const start = Number(offset ?? 0) * width;
  const end = size === undefined ? bytes.length : start + Number(size) * width;
  return start >= 0 && start <= end && end <= bytes.length ? bytes.subarray(start, end) : null;
}
