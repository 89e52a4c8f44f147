/**
 * The remainders of all bytes by the Castagnoli polynomial, bits reversed. A checksum begins with
 * the remainder -1, and is the complement of the last one.
 */
const REMAINDERS: Int32Array = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = (remainder >>> 1) ^ (remainder & 1 ? 0x82f63b78 : 0);
  }
  return remainder;
});

/** The remainder behind a byte, from the one before it. */
export function remainderBehind(byte: number, before: number): number {
  return REMAINDERS[(before ^ byte) & 0xff]! ^ (before >>> 8);
}

/** The remainder behind many. */
export function remainderOf(bytes: Uint8Array, start: number, end: number, before = -1): number {
  let remainder = before;
  for (let i = start; i < end; i++) {
    remainder = remainderBehind(bytes[i]!, remainder);
  }
  return remainder;
}

/**
 * The checksum that a remainder gives, masked as records have it: the checksum of data that holds
 * checksums would be a weak one.
 */
export function maskedChecksum(remainder: number): number {
  const crc = ~remainder;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/**
 * What `length` bytes of zero make of each remainder, for {@link shifted}.
 *
 * The remainder behind any bytes is the sum, by XOR, of two: behind as many zeros from the one
 * before them, and behind these bytes from 0. So bytes that are known beforehand cost one shift,
 * however many they are.
 */
export function shiftOver(length: number): Int32Array {
  const zeros = new Uint8Array(length);
  const shift = new Int32Array(1024);
  for (let bit = 0; bit < 32; bit++) {
    const sum = remainderOf(zeros, 0, length, 1 << bit);
    const first = (bit >> 3) * 256;
    const power = 1 << (bit & 7);
    for (let i = 0; i < power; i++) {
      shift[first + power + i] = shift[first + i]! ^ sum;
    }
  }
  return shift;
}

/** The remainder behind the zeros. */
export function shifted(shift: Int32Array, remainder: number): number {
  return (
    shift[remainder & 0xff]! ^
    shift[256 + ((remainder >>> 8) & 0xff)]! ^
    shift[512 + ((remainder >>> 16) & 0xff)]! ^
    shift[768 + (remainder >>> 24)]!
  );
}
