import { describe, expect, it } from '@jest/globals';

import { isSameLine, spelledAs } from './trace-lines.js';

describe('isSameLine', () => {
  it.each([
    ['loss = 1', 'loss = 1.0'],
    ['loss = 0.00001', 'loss = 1e-05'],
    ['loss = 1e-7', 'loss = 1e-07'],
    ['loss = 1.5e-7, acc = 2', 'loss = 1.5e-07, acc = 2.0'],
    ['loss = 1e+21', 'loss = 1e+21'],
    ['loss = 16777216', 'loss = 16777216.0'],
    ['loss = 100000000000000000000', 'loss = 1e+20'],
    ['loss = NaN', 'loss = nan'],
    ['loss = Infinity, acc = -Infinity', 'loss = inf, acc = -inf'],
    ['loss = 0', 'loss = 0.0'],
    ['loss = -0', 'loss = -0.0'],
    ['loss = 1 (0.500 sec)', 'loss = 1.0 (0.500 sec)'],
    ['loss = 1, step = 100 (0.512 sec)', 'loss = 1.0, step = 100 (0.512 sec)'],
    [
      'v = [0.5, 1.25, -3.75], w = [[0.5], [-0.25]]',
      'v = [ 0.5   1.25 -3.75], w = [[ 0.5 ]\n [-0.25]]',
    ],
    ['v = [0.5, 1] (1.000 sec)', 'v = [0.5 1. ] (1.000 sec)'],
    ['v = [0.0000000001, 1]', 'v = [1.e-10 1.e+00]'],
    ['It seems that global step is broken.', 'It seems that global step…'],
    ['Model diverged with loss = NaN.', 'Model diverged with loss = NaN.'],
    ['global_step/sec: 3.33333e-05', 'global_step/sec: 3.33333e-05'],
  ])('takes %j for %j', (got, want) => {
    expect(isSameLine(got, want)).toBe(true);
  });

  it.each([
    ['loss = 0.1', 'loss = 0.10000001'],
    ['loss = 1e-6', 'loss = 1e-07'],
    ['loss = 10', 'loss = 1.0'],
    ['loss = -1', 'loss = 1.0'],
    ['loss = 1.0 (0.50 sec)', 'loss = 1.0 (0.500 sec)'],
    ['loss = 1.0 (0.5000 sec)', 'loss = 1.0 (0.500 sec)'],
    ['loss = 1.0', 'loss = 1.0 (0.500 sec)'],
    ['loss = 1.0, acc = 2', 'loss = 1.0'],
    ['loss = 1.0,acc = 2', 'loss = 1.0, acc = 2'],
    ['acc = 2, loss = 1', 'loss = 1, acc = 2'],
    ['v = [0.5, 1.25]', 'v = [0.5 12.5]'],
    ['v = [0.5, 1]', 'v = [0.5 1. 1. ]'],
    ['global_step/sec: 2.0', 'global_step/sec: 2'],
    ['global_step/sec: 0.0000333333', 'global_step/sec: 3.33333e-05'],
    ['It seems that global', 'It seems that global step…'],
    [
      'Saving checkpoints for 1 into run/model.ckpt',
      'Saving checkpoints for 1 into run/model.ckpt.',
    ],
  ])('does not take %j for %j', (got, want) => {
    expect(isSameLine(got, want)).toBe(false);
  });
});

describe('spelledAs', () => {
  it('spells as wanted only the lines that say the same', () => {
    expect(
      spelledAs(
        [
          [1, 'info', 'loss = 1.0'],
          [2, 'info', 'loss = 2.0'],
        ],
        [
          [1, 'warn', 'loss = 1'],
          [2, 'info', 'loss = 3'],
          [3, 'info', 'loss = 4'],
        ],
      ),
    ).toEqual([
      [1, 'warn', 'loss = 1.0'],
      [2, 'info', 'loss = 3'],
      [3, 'info', 'loss = 4'],
    ]);
  });
});
