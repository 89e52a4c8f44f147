import { Buffer } from 'node:buffer';

const HEADER = 12;
const FOOTER = 4;

/**
 * Frames a record of a TFRecord file: its length and that one's checksum before it, its own
 * checksum behind it.
 */
export function tfRecord(payload: Uint8Array): Uint8Array {
  const end = HEADER + payload.length;
  const record = Buffer.allocUnsafe(end + FOOTER);
  record.writeUInt32LE(payload.length % 2 ** 32, 0);
  record.writeUInt32LE(Math.floor(payload.length / 2 ** 32), 4);
  record.writeUInt32LE(maskedCrc32c(record, 0, 8), 8);
  record.set(payload, HEADER);
  record.writeUInt32LE(maskedCrc32c(record, HEADER, end), end);
  return record;
}

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
