import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import { formatFixed3, formatG, formatReading } from '../lib/format.js';
import { scalarReading } from '../lib/reading.js';
import { floats } from './support/fake-session.js';

function float(value: number): string {
  return formatReading(scalarReading('float32', Math.fround(value)));
}

function array(data: readonly number[], shape?: readonly number[]): string {
  return formatReading(floats(data, shape));
}

describe('a float32', () => {
  it.each<[number, string]>([
    // The fewest digits that give it back.
    [0.1, '0.1'],
    [1 / 3, '0.33333334'],
    [0.123456789, '0.12345679'],
    [16.625, '16.625'],
    [2.5, '2.5'],
    [123456.789, '123456.79'],
    // Whole numbers keep their point.
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-42, '-42.0'],
    [123456, '123456.0'],
    // Positional from 1e-4 on, which as a float32 is less than that, to 1e6.
    [1e-4, '1e-04'],
    [1.00001e-4, '0.000100001'],
    [9.9e-5, '9.9e-05'],
    [999999.94, '999999.94'],
    [1e6, '1e+06'],
    [-1234567, '-1.234567e+06'],
    [16777216, '1.6777216e+07'],
    // With an exponent of two digits at least.
    [1e-5, '1e-05'],
    [-2.5e-7, '-2.5e-07'],
    [1e-45, '1e-45'],
    [3.4028235e38, '3.4028235e+38'],
    [1e16, '1e+16'],
    // Powers of two, below which float32s lie closer.
    [2 ** 90, '1.2379401e+27'],
    [-(2 ** 87), '-1.5474251e+26'],
    [2 ** -96, '1.2621775e-29'],
    // And what is no number.
    [Number.NaN, 'nan'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
  ])('%p prints as %s', (value, expected) => {
    expect(float(value)).toBe(expected);
  });

  it('can be read back from what is printed, whatever it is', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = float(value);
        expect(Math.fround(Number(text))).toBe(value);
        const size = Math.abs(value);
        expect(text.includes('e')).toBe(size !== 0 && (size < 1e-4 || size >= 1e6));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('another scalar', () => {
  it.each<[string, number, string]>([
    ['int32', 5, '5'],
    ['int32', -2147483648, '-2147483648'],
    ['int32', 100000000, '100000000'],
    ['bool', 1, 'True'],
    ['bool', 0, 'False'],
    ['number', 0.1, '0.1'],
    ['number', 5, '5'],
    ['number', 1 / 3, '0.3333333333333333'],
    ['number', Number.NaN, 'nan'],
    ['number', -Infinity, '-inf'],
  ])('of %s: %p prints as %s', (dtype, value, expected) => {
    expect(formatReading(scalarReading(dtype, value))).toBe(expected);
  });

  it('prints a text as it is', () => {
    expect(formatReading({ dtype: 'string', shape: [], data: ['a b'] })).toBe('a b');
  });
});

describe('an array of float32', () => {
  it.each<[readonly number[], string]>([
    [[1], '[1.]'],
    [[1, 2.5, 10], '[1. 2.5 10.]'],
    [[0.1, -0.25], '[0.1 -0.25]'],
    [[0, -0], '[0. -0.]'],
    // Small numbers are not shown by an exponent: of eight decimals the rest is gone.
    [[1e-4, 1], '[0.0001 1.]'],
    [[1e-9, 1], '[0. 1.]'],
    [[-1e-9], '[-0.]'],
    [[0.123456789, 0.0012345678], '[0.12345679 0.00123457]'],
    [[1.17549435e-38], '[0.]'],
    // Of two equally near, the even one.
    [[2 ** -9], '[0.00195312]'],
    [[3 * 2 ** -9], '[0.00585938]'],
    // From 1e6 on all of them have an exponent, and as many digits as the longest.
    [[999999, 0.5], '[999999. 0.5]'],
    [[1e6], '[1.e+06]'],
    [[1e6, 1.5], '[1.0e+06 1.5e+00]'],
    [[-1e7, 0.25, 0], '[-1.0e+07 2.5e-01 0.0e+00]'],
    [[1e7, -0], '[1.e+07 -0.e+00]'],
    [[1234567, 0.1], '[1.234567e+06 1.000000e-01]'],
    // What is no number counts for nothing there.
    [[Number.NaN, 1], '[nan 1.]'],
    [[Infinity, -Infinity, 0.5], '[inf -inf 0.5]'],
    [[Number.NaN, Infinity], '[nan inf]'],
    [[], '[]'],
  ])('%p prints as %s', (data, expected) => {
    expect(array(data)).toBe(expected);
  });

  it('is nested in brackets', () => {
    expect(array([1, 2, 3, 4], [2, 2])).toBe('[[1. 2.] [3. 4.]]');
    expect(array([1, 2, 3, 4], [2, 1, 2])).toBe('[[[1. 2.]] [[3. 4.]]]');
    expect(array([], [0, 3])).toBe('[]');
    expect(array([], [2, 0])).toBe('[]');
  });
});

describe('an array of more than 1000 elements', () => {
  const count = (length: number): number[] => Array.from({ length }, (_, i) => i);

  it('shows the first and last three of an axis of more than six', () => {
    expect(array(count(1001))).toBe('[0. 1. 2. ... 998. 999. 1000.]');
    const [first, ...rows] = array(count(7 * 200), [7, 200]).split('] ');
    expect(first).toBe('[[0. 1. 2. ... 197. 198. 199.');
    expect(rows).toHaveLength(5);
    expect(rows[2]).toBe('... [800. 801. 802. ... 997. 998. 999.');
  });

  it('shows an axis of six whole', () => {
    const rows = array(count(6 * 200), [6, 200]).split('] [');
    expect(rows).toHaveLength(6);
    expect(rows[0]).toBe('[[0. 1. 2. ... 197. 198. 199.');
    const columns = array(count(200 * 6), [200, 6]);
    expect(columns.startsWith('[[0. 1. 2. 3. 4. 5.] [6. ')).toBe(true);
    expect(columns.split('...')).toHaveLength(2);
  });

  it('is printed in the manner of what is shown of it', () => {
    const data = count(1001).map((i) => (i === 500 ? 1e9 : i));
    expect(array(data)).toBe('[0. 1. 2. ... 998. 999. 1000.]');
    expect(array(data.map((value, i) => (i === 2 ? 2e6 : value)))).toBe(
      '[0.00e+00 1.00e+00 2.00e+06 ... 9.98e+02 9.99e+02 1.00e+03]',
    );
  });

  it('is shown whole up to 1000', () => {
    expect(array(count(1000)).split(' ')).toHaveLength(1000);
  });
});

describe('an array of another kind', () => {
  it.each<[string, readonly (number | string)[], string]>([
    ['int32', [1, -20, 3_000_000], '[1 -20 3000000]'],
    ['bool', [1, 0], '[True False]'],
    ['string', ['a', 'b c'], '[a b c]'],
  ])('of %s prints each element as it is', (dtype, data, expected) => {
    const reading = { dtype, shape: [data.length], data } as { dtype: string; shape: number[] };
    expect(formatReading({ ...reading, data: data as readonly string[] })).toBe(expected);
  });
});

describe('%g', () => {
  it.each<[number, string]>([
    [0, '0'],
    [1, '1'],
    [100, '100'],
    [0.5, '0.5'],
    [1 / 3, '0.333333'],
    [2 / 3, '0.666667'],
    [123456.7, '123457'],
    [999999.4, '999999'],
    [999999.5, '1e+06'],
    [1234567, '1.23457e+06'],
    [0.0001, '0.0001'],
    [0.00001234567, '1.23457e-05'],
    [-2.5, '-2.5'],
    [1e100, '1e+100'],
    // Of two equally near, the even one.
    [100000.5, '100000'],
    [100001.5, '100002'],
    [2.000005, '2'],
    [0.12345650000000001, '0.123457'],
    [1234.565, '1234.57'],
    [8.5 / 2 ** 20, '8.10623e-06'],
    [Number.NaN, 'nan'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
  ])('prints %p as %s', (value, expected) => {
    expect(formatG(value)).toBe(expected);
  });
});

describe('%.3f', () => {
  it.each<[number, string]>([
    [0, '0.000'],
    [1, '1.000'],
    [1.0005, '1.000'],
    [0.0625, '0.062'],
    [0.1875, '0.188'],
    [0.3125, '0.312'],
    [2.0004999, '2.000'],
    [12345.6789, '12345.679'],
    [-0.0625, '-0.062'],
    [1e15, '1000000000000000.000'],
  ])('prints %p as %s', (value, expected) => {
    expect(formatFixed3(value)).toBe(expected);
  });
});
