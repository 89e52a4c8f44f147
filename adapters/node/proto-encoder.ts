import { Buffer } from 'node:buffer';

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;

/** Writes the fields of a protocol buffer message, in the order of the calls. */
export class ProtoEncoder {
  #buffer: Buffer = Buffer.allocUnsafe(256);
  #length = 0;

  int64(field: number, value: number | bigint): this {
    this.#tag(field, VARINT);
    this.#varint(value);
    return this;
  }

  double(field: number, value: number): this {
    this.#tag(field, FIXED64);
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
    return this;
  }

  /** Writes UTF-8: a lone surrogate becomes U+FFFD. */
  string(field: number, value: string): this {
    const size = Buffer.byteLength(value);
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(size);
    this.#reserve(size);
    this.#length += this.#buffer.write(value, this.#length);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** Writes the numbers as they lie in memory on a little-endian machine, whatever this one is. */
  littleEndian(field: number, values: Float32Array | Float64Array): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(values.byteLength);
    this.#reserve(values.byteLength);
    for (const value of values) {
      this.#length =
        values instanceof Float32Array
          ? this.#buffer.writeFloatLE(value, this.#length)
          : this.#buffer.writeDoubleLE(value, this.#length);
    }
    return this;
  }

  /** Writes a nested message: the fields that `write` adds. */
  message(field: number, write: () => void): this {
    this.#tag(field, LENGTH_DELIMITED);
    // The length comes first but is known last. One byte is nearly always enough for it; where it
    // is not, the message moves up.
    const start = this.#length + 1;
    this.#reserve(1);
    this.#length = start;
    write();
    const end = this.#length;
    const shift = varintSize(end - start) - 1;
    if (shift > 0) {
      this.#reserve(shift);
      this.#buffer.copyWithin(start + shift, start, end);
    }
    this.#length = start - 1;
    this.#varint(end - start);
    this.#length = end + shift;
    return this;
  }

  /** What was written. The encoder must not be used any more. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number | bigint): void {
    this.#reserve(10);
    if (typeof value === 'bigint' || value < 0) {
      // Negative numbers are ten bytes of two's complement.
      let rest = BigInt.asUintN(64, BigInt(value));
      while (rest > 127n) {
        this.#buffer[this.#length++] = Number(rest & 127n) | 128;
        rest >>= 7n;
      }
      this.#buffer[this.#length++] = Number(rest);
      return;
    }
    // The common case, without bigints, which are slow. Past 32 bits there are no shifts.
    let rest = value;
    while (rest > 127) {
      this.#buffer[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#length++] = rest;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) {
    size += 1;
  }
  return size;
}
