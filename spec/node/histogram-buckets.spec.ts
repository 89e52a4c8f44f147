import { describe, expect, it } from '@jest/globals';

import { histogramBuckets } from '../../adapters/node/histogram-buckets.js';

describe('histogramBuckets', () => {
  it('cuts the range into buckets of equal width', () => {
    expect(rows([0, 1, 1.5, 2, 4], 4)).toEqual([
      [0, 1, 1],
      [1, 2, 2],
      [2, 3, 1],
      [3, 4, 1],
    ]);
  });

  it('takes 30 buckets of many values and loses none', () => {
    const values = Float32Array.from({ length: 10_000 }, (_, i) => Math.sin(i));
    const counts = rows(values, 30).map(([, , count]) => count ?? 0);

    expect(counts).toHaveLength(30);
    expect(counts.reduce((sum, count) => sum + count)).toBe(10_000);
  });

  // What TensorBoard's own summaries of these are.
  it.each([
    {
      name: 'no values',
      values: [],
      expected: [
        [0, 0, 0],
        [0, 0, 0],
      ],
    },
    {
      name: 'one value',
      values: [3],
      expected: [
        [3, 3, 0],
        [3, 3, 1],
      ],
    },
    {
      name: 'equal values',
      values: [2, 2, 2],
      expected: [
        [2, 2, 0],
        [2, 2, 3],
      ],
    },
    {
      name: 'a NaN',
      values: [1, NaN, 2],
      expected: [
        [NaN, NaN, 0],
        [NaN, NaN, 0],
      ],
    },
    {
      name: 'an infinity',
      values: [1, Infinity],
      expected: [
        [1, Infinity, 1],
        [Infinity, Infinity, 0],
      ],
    },
    {
      name: 'infinities',
      values: [Infinity, Infinity],
      expected: [
        [Infinity, NaN, 0],
        [NaN, Infinity, 0],
      ],
    },
    {
      name: 'a negative infinity',
      values: [-Infinity, 1],
      expected: [
        [-Infinity, NaN, 0],
        [NaN, 1, 0],
      ],
    },
    {
      name: 'a range that overflows',
      values: [1e308, -1e308],
      expected: [
        [-1e308, Infinity, 1],
        [Infinity, 1e308, 0],
      ],
    },
  ])('sorts $name as TensorBoard does', ({ values, expected }) => {
    expect(rows(values, 2)).toEqual(expected);
  });

  it('makes no rows of no buckets', () => {
    expect(rows([1, 2], 0)).toEqual([]);
  });
});

function rows(values: ArrayLike<number>, buckets: number): number[][] {
  const flat = histogramBuckets(values, buckets);
  return Array.from({ length: flat.length / 3 }, (_, i) =>
    Array.from(flat.subarray(i * 3, i * 3 + 3)),
  );
}
