import type { Buffer } from 'node:buffer';

const HEADER = 12;
const FOOTER = 4;

/** How many bytes a record has beyond its payload. */
export const RECORD_FRAME: number = HEADER + FOOTER;

/**
 * Writes a record of a TFRecord file: the payload's length and that one's checksum before it, its
 * own checksum behind it.
 *
 * @param length - How many bytes of `payload` to take.
 * @returns Where the next record goes.
 */
export function writeRecord(
  target: Buffer,
  at: number,
  payload: Uint8Array,
  length: number,
): number {
  const start = at + HEADER;
  const end = start + length;
  target.writeUInt32LE(length % 2 ** 32, at);
  target.writeUInt32LE(Math.floor(length / 2 ** 32), at + 4);
  target.writeUInt32LE(maskedCrc32c(target, at, at + 8), at + 8);
  if (length <= SHORT) {
    for (let i = 0; i < length; i++) {
      target[start + i] = payload[i]!;
    }
  } else {
    target.set(length === payload.length ? payload : payload.subarray(0, length), start);
  }
  return target.writeUInt32LE(maskedCrc32c(target, start, end), end);
}

/** Up to that length a loop is faster than a call of `set`. */
const SHORT = 128;

/** Masked, since the checksum of data that holds checksums is a weak one. */
function maskedCrc32c(bytes: Uint8Array, start: number, end: number): number {
  const crc = crc32c(bytes, start, end);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function crc32c(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1;
  for (let i = start; i < end; i++) {
    crc = TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  }
  return ~crc;
}

/** The remainders of all bytes by the Castagnoli polynomial, bits reversed. */
const TABLE: Int32Array = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = (remainder >>> 1) ^ (remainder & 1 ? 0x82f63b78 : 0);
  }
  return remainder;
});
