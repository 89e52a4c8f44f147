import { describe, expect, it } from '@jest/globals';

import { GlobalStep, ValueError } from '../lib/index.js';

describe('GlobalStep', () => {
  it("begins at 0 and is called 'global_step' unless told otherwise", () => {
    const globalStep = new GlobalStep();
    expect([globalStep.value, globalStep.name]).toEqual([0, 'global_step']);
    const own = new GlobalStep(1000, 'my_step');
    expect([own.value, own.name]).toEqual([1000, 'my_step']);
  });

  it('counts by one or by more, and gives the new value', () => {
    const globalStep = new GlobalStep(5);
    expect([globalStep.increment(), globalStep.increment(4), globalStep.increment(0)]).toEqual([
      6, 10, 10,
    ]);
    expect(globalStep.value).toBe(10);
  });

  it('goes on from where it is restored, forth and back', () => {
    const globalStep = new GlobalStep(5);
    globalStep.restore(100);
    expect(globalStep.increment()).toBe(101);
    globalStep.restore(0);
    expect(globalStep.value).toBe(0);
  });

  it('is a counter of its own, whatever its name', () => {
    const [one, other] = [new GlobalStep(), new GlobalStep()];
    one.increment();
    expect(other.value).toBe(0);
  });

  const wrong: readonly (readonly [unknown, string])[] = [
    [-1, '-1'],
    [0.5, '0.5'],
    [Number.NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [2 ** 53, '9007199254740992'],
    ['5', '"5"'],
    [null, 'null'],
    [5n, '5n'],
  ];

  it.each(wrong)('refuses %p for a count, and stays as it was', (value, shown) => {
    const count = value as number;
    const globalStep = new GlobalStep(5);
    for (const [option, act] of [
      ['initial', () => new GlobalStep(count)],
      ['by', () => globalStep.increment(count)],
      ['step', () => globalStep.restore(count)],
    ] as const) {
      expect(act).toThrow(
        new ValueError(`GlobalStep: '${option}' must be a non-negative integer, but got ${shown}.`),
      );
    }
    expect(globalStep.value).toBe(5);
  });

  it.each([
    ['', '""'],
    [5, '5'],
    [null, 'null'],
  ])('refuses %p for a name', (name, shown) => {
    expect(() => new GlobalStep(0, name as string)).toThrow(
      new ValueError(`GlobalStep: 'name' must be a non-empty string, but got ${shown}.`),
    );
  });
});
