import { describe, expect, it } from '@jest/globals';

import type { TensorLike } from '../../adapters/node/tensor-data.js';
import { textTensor, type TextValue } from '../../adapters/node/text-tensor.js';
import { ValueError } from '../../lib/index.js';

describe('textTensor', () => {
  it.each<[string, TextValue, number[], string[]]>([
    ['a string', 'é', [], ['é']],
    ['an empty string', '', [], ['']],
    ['an array', ['a', 'b'], [2], ['a', 'b']],
    ['an empty array', [], [0], []],
    ['a table', [['a'], ['b']], [2, 1], ['a', 'b']],
    ['a table of empty rows', [[], []], [2, 0], []],
    ['a tensor', tensor('string', ['a', 'b']), [1, 2], ['a', 'b']],
  ])('takes %s', (_, value, shape, values) => {
    expect(textTensor('t', value)).toEqual({ shape, values });
  });

  it.each<[string, unknown, string]>([
    ['a number', 5, 't: the value must be strings, but got 5.'],
    ['nothing', undefined, 'but got undefined.'],
    ['an array with a hole', ['b', null], 'but got null.'],
    ['a ragged table', [['b'], ['b', 'c']], 'of equal lengths, here 1, but got 2.'],
    ['text beside arrays', [['b'], 'c'], "of equal lengths, here 1, but got 'c'."],
    ['arrays beside text', ['b', ['c']], 'the value must be strings, but got an array.'],
    ['a tensor of numbers', tensor('float32', [1, 2]), "must be string, but got 'float32'."],
  ])('refuses %s', (_, value, message) => {
    expect(() => textTensor('t', value as TextValue)).toThrow(ValueError);
    expect(() => textTensor('t', value as TextValue)).toThrow(message);
  });
});

function tensor(dtype: string, values: ArrayLike<number> | string[]): TensorLike {
  return { dtype, shape: [1, 2], dataSync: () => values };
}
