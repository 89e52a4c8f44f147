import { describe, expect, it } from '@jest/globals';

import { histogramNumbers, type HistogramData } from '../../adapters/node/histogram-data.js';
import type { TensorLike } from '../../adapters/node/tensor-data.js';
import { ValueError } from '../../lib/index.js';

describe('histogramNumbers', () => {
  it.each<[string, HistogramData]>([
    ['a float32 tensor', tensor('float32', Float32Array.of(1, 0))],
    ['an int32 tensor', tensor('int32', Int32Array.of(1, 0))],
    ['a bool tensor', tensor('bool', Uint8Array.of(1, 0))],
    ['an array', [1, 0]],
    ['a typed array', Float64Array.of(1, 0)],
  ])('takes %s', (_, data) => {
    expect(Array.from(histogramNumbers('h', data))).toEqual([1, 0]);
  });

  it.each<[string, unknown, string]>([
    ['nothing', null, 'h: the data must be a tensor, a typed array or an array, but got null.'],
    ['a view of bytes', new DataView(new ArrayBuffer(8)), 'but got an object.'],
    ['text', 'ab', "but got 'ab'."],
    ['an array with text', [1, 'b'], "the data must be numbers, but got 'b' at index 1."],
    ['bigints', BigInt64Array.of(7n), 'but got 7n at index 0.'],
    [
      'a tensor of strings',
      tensor('string', ['a', 'b']),
      "h: the dtype must be float32 or int32 or bool, but got 'string'.",
    ],
    ['a tensor of another size', tensor('int32', [1]), 'the shape [2] has 2 values, but got 1.'],
  ])('refuses %s', (_, data, message) => {
    expect(() => histogramNumbers('h', data as HistogramData)).toThrow(ValueError);
    expect(() => histogramNumbers('h', data as HistogramData)).toThrow(message);
  });

  it('says why a tensor cannot be read', () => {
    const disposed: TensorLike = {
      dtype: 'float32',
      shape: [2],
      dataSync: () => {
        throw new Error('Tensor is disposed.');
      },
    };

    expect(() => histogramNumbers('h', disposed)).toThrow(ValueError);
    expect(() => histogramNumbers('h', disposed)).toThrow(
      'h: the tensor cannot be read: Tensor is disposed.',
    );
  });
});

function tensor(dtype: string, values: ArrayLike<number> | string[]): TensorLike {
  return { dtype, shape: [2], dataSync: () => values };
}
