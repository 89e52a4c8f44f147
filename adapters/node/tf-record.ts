import type { Buffer } from 'node:buffer';

import { maskedChecksum, remainderOf } from './crc32c.js';

/** What comes before the payload: its length, and that one's checksum. */
export const RECORD_HEADER = 12;

/** How many bytes a record has beyond its payload: its checksum comes behind it. */
export const RECORD_FRAME: number = RECORD_HEADER + 4;

/**
 * Writes a record of a TFRecord file.
 *
 * @returns Where the next record goes.
 */
export function writeRecord(target: Buffer, at: number, payload: Uint8Array): number {
  const { length } = payload;
  const start = at + RECORD_HEADER;
  const end = start + length;
  target.writeUInt32LE(length % 2 ** 32, at);
  target.writeUInt32LE(Math.floor(length / 2 ** 32), at + 4);
  target.writeUInt32LE(maskedChecksum(remainderOf(target, at, at + 8)), at + 8);
  target.set(payload, start);
  return target.writeUInt32LE(maskedChecksum(remainderOf(target, start, end)), end);
}
