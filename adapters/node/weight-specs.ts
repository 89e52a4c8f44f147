import type { WeightSpec } from '../../lib/index.js';

const BYTES_PER_ELEMENT: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/** Parts of one sequence of bytes. */
export interface ByteSource {
  readonly byteLength: number;
  /** The number, little-endian, in four bytes; `undefined` where it ends before. */
  uint32At(offset: number): number | undefined;
}

/** How many bytes weights need; `NaN` where that cannot be told. */
export function byteLengthOf(specs: readonly WeightSpec[], source: ByteSource): number {
  let offset = 0;
  for (const { shape, dtype, quantization } of specs) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (dtype === 'string' && quantization === undefined) {
      for (let i = 0; i < size && offset <= source.byteLength; i++) {
        offset += 4 + (source.uint32At(offset) ?? NaN);
      }
    } else {
      offset += size * (BYTES_PER_ELEMENT[quantization?.dtype ?? dtype] ?? NaN);
    }
  }
  return offset;
}

/** Several buffers, one behind the other. */
export function byteSource(buffers: readonly ArrayBuffer[]): ByteSource {
  const byteLength = buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
  const byteAt = (at: number): number => {
    let offset = at;
    for (const buffer of buffers) {
      if (offset < buffer.byteLength) {
        return new Uint8Array(buffer, offset, 1)[0] ?? 0;
      }
      offset -= buffer.byteLength;
    }
    return 0;
  };
  return {
    byteLength,
    uint32At: (at) =>
      at + 4 <= byteLength
        ? byteAt(at) + byteAt(at + 1) * 2 ** 8 + byteAt(at + 2) * 2 ** 16 + byteAt(at + 3) * 2 ** 24
        : undefined,
  };
}
