// A payload before encryption: the parts of a change in one piece, as `ChangeTable.payloadBytesOf` counts them. It must
// not know what the parts say.

import { InputError } from '../../sim/errors.ts';

/** Most parts whose number fits the first byte; where there are more it is 0, and the parts go on to the end. */
export const COUNTED_PARTS_MAX = 255;
const LENGTH_BYTES = 4;

/** One byte with the number of parts, then the parts; where there are several, each after its length (big-endian). */
export function framed(parts: readonly Uint8Array[]): Uint8Array {
  const isSingle = parts.length === 1;
  let length = 1;
  for (const part of parts) length += isSingle ? part.length : LENGTH_BYTES + part.length;
  const bytes = new Uint8Array(length);
  bytes[0] = parts.length <= COUNTED_PARTS_MAX ? parts.length : 0;
  if (isSingle) {
    bytes.set(parts[0]!, 1);
    return bytes;
  }
  const numbers = new DataView(bytes.buffer);
  let at = 1;
  for (const part of parts) {
    numbers.setUint32(at, part.length);
    bytes.set(part, at + LENGTH_BYTES);
    at += LENGTH_BYTES + part.length;
  }
  return bytes;
}

/** The parts of a frame. @throws InputError where the bytes are none that `framed` gives */
export function unframed(bytes: Uint8Array): Uint8Array[] {
  const count = bytes[0];
  if (count === 1) return [bytes.slice(1)];
  const numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let at = 1;
  while (at + LENGTH_BYTES <= bytes.length) {
    const end = at + LENGTH_BYTES + numbers.getUint32(at);
    if (end > bytes.length) break;
    parts.push(bytes.slice(at + LENGTH_BYTES, end));
    at = end;
  }
  const isWhole = at === bytes.length && (count === 0 ? parts.length > COUNTED_PARTS_MAX : parts.length === count);
  if (!isWhole) throw new InputError('payload', `${bytes.length} bytes`, 'parts with their lengths', 'ERR_PAYLOAD');
  return parts;
}
