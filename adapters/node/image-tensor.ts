import { encode } from 'fast-png';

import { ValueError } from '../../lib/index.js';
import { shown } from './checks.js';
import type { SummaryTensor } from './event-proto.js';
import { isTensorLike, numbersOf, type TensorLike } from './tensor-data.js';

/**
 * The first `maxOutputs` images of a batch as TensorBoard reads them: width, height, and then the
 * PNG of each. `what` names the images in errors.
 */
export function imageTensor(what: string, data: TensorLike, maxOutputs: number): SummaryTensor {
  if (!isTensorLike(data)) {
    throw new ValueError(`${what}: the data must be a tensor, but got ${shown(data)}.`);
  }
  const [batch = 0, height = 0, width = 0, channels = 0] = data.shape;
  if (data.shape.length !== 4 || height < 1 || width < 1 || ![1, 3, 4].includes(channels)) {
    throw new ValueError(
      `${what}: the shape must be [batch, height, width, 1|3|4], but got ` +
        `[${data.shape.join(', ')}].`,
    );
  }
  const values = numbersOf(what, data, ['int32', 'float32']);
  const size = height * width * channels;
  const pngs = Array.from({ length: Math.min(batch, maxOutputs) }, (_, i) => {
    const pixels = bytes(values, i * size, size, data.dtype);
    return encode({ width, height, channels, data: pixels });
  });
  return { shape: [2 + pngs.length], values: [String(width), String(height), ...pngs] };
}

/** Float32 0..1 becomes 0..255 as TensorFlow's `convert_image_dtype` has it; the rest is clipped. */
function bytes(
  values: ArrayLike<number>,
  start: number,
  size: number,
  dtype: string,
): Uint8ClampedArray {
  const result = new Uint8ClampedArray(size);
  for (let i = 0; i < size; i++) {
    const value = values[start + i]!;
    result[i] = dtype === 'float32' ? Math.floor(Math.fround(value * 255.5)) : value;
  }
  return result;
}
