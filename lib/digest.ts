import type { Directory } from './directory.js';

/** What one checksum stands for: it tells any two bits, or 32 in a row, that have changed. */
const PART_BYTES = 2 ** 20;

/** A digest that tells any damage: the checksum of each mebibyte, one behind the other. */
export function digestOf(directory: Directory, bytes: Uint8Array): string {
  let digest = '';
  for (let at = 0; at === 0 || at < bytes.length; at += PART_BYTES) {
    digest += directory.checksum(bytes.subarray(at, at + PART_BYTES));
  }
  return digest;
}
