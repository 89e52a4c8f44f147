import { describe, expect, it } from '@jest/globals';
import { decode } from 'fast-png';

import { imageTensor } from '../../adapters/node/image-tensor.js';
import type { TensorLike } from '../../adapters/node/tensor-data.js';
import { ValueError } from '../../lib/index.js';

describe('imageTensor', () => {
  it.each([1, 3, 4])('makes a PNG of each image with %d channels', (channels) => {
    const pixels = Int32Array.from({ length: 2 * 2 * 3 * channels }, (_, i) => i * 9 - 20);
    const { shape, values } = imageTensor('i', tensor('int32', [2, 2, 3, channels], pixels), 3);

    expect(shape).toEqual([4]);
    expect([...values].slice(0, 2)).toEqual(['3', '2']);
    const images = pngs(values);
    expect(images).toMatchObject([
      { width: 3, height: 2, channels, depth: 8 },
      { width: 3, height: 2, channels, depth: 8 },
    ]);
    // Clipped, since a byte is not wide enough for all of them.
    const size = pixels.length / 2;
    expect(images[0]?.data).toEqual(Uint8Array.from(Uint8ClampedArray.from(pixels.slice(0, size))));
    expect(images[1]?.data).toEqual(Uint8Array.from(Uint8ClampedArray.from(pixels.slice(size))));
  });

  it('scales float32 as TensorFlow does', () => {
    const pixels = Float32Array.of(0, 0.5, 1, 0.999, -1, 2, NaN, Infinity);
    const { values } = imageTensor('i', tensor('float32', [1, 2, 4, 1], pixels), 3);

    expect(pngs(values)[0]?.data).toEqual(Uint8Array.of(0, 127, 255, 255, 0, 255, 0, 255));
  });

  it('takes no more images than there are, or than it is told', () => {
    const batch = tensor('int32', [2, 1, 1, 1], [0, 0]);

    expect(imageTensor('i', batch, 9).shape).toEqual([4]);
    expect(imageTensor('i', batch, 1).shape).toEqual([3]);
    expect(imageTensor('i', batch, 0).values).toEqual(['1', '1']);
  });

  it.each<[string, TensorLike, string]>([
    ['no tensor', [[1]] as never, 'i: the data must be a tensor, but got an array.'],
    ['a wrong rank', tensor('int32', [2, 2, 3], []), '1|3|4], but got [2, 2, 3].'],
    ['two channels', tensor('int32', [1, 2, 2, 2], []), '1|3|4], but got [1, 2, 2, 2].'],
    ['no pixels', tensor('int32', [1, 0, 2, 3], []), '1|3|4], but got [1, 0, 2, 3].'],
    ['bools', tensor('bool', [1, 1, 1, 1], [0]), "must be int32 or float32, but got 'bool'."],
    ['too few values', tensor('int32', [1, 2, 1, 1], [0]), '[1, 2, 1, 1] has 2 values, but got 1.'],
  ])('refuses %s', (_, data, message) => {
    expect(() => imageTensor('i', data, 3)).toThrow(ValueError);
    expect(() => imageTensor('i', data, 3)).toThrow(message);
  });
});

function tensor(dtype: string, shape: number[], values: ArrayLike<number>): TensorLike {
  return { dtype, shape, dataSync: () => values };
}

function pngs(values: ReturnType<typeof imageTensor>['values']): ReturnType<typeof decode>[] {
  return [...values].flatMap((value) => (value instanceof Uint8Array ? [decode(value)] : []));
}
