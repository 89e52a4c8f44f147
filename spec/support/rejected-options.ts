import { inspect } from 'node:util';

import { expect, it } from '@jest/globals';

import { ValueError } from '../../lib/index.js';

/** Options that a constructor refuses, and what it says. */
export type Rejected = readonly [options: unknown, message: string];

/** A value that is not of its kind, and how a message shows it. */
type Wrong = readonly [value: unknown, shown: string];

const notNumbers: readonly Wrong[] = [
  ['5', '"5"'],
  [true, 'true'],
  [5n, '5n'],
  [[5], 'an array of length 1'],
  [{ value: 5 }, 'an object of class Object'],
  [function five() {}, 'the function five'],
];

const notFinite: readonly Wrong[] = [
  [Number.NaN, 'NaN'],
  [Infinity, 'Infinity'],
  [-Infinity, '-Infinity'],
];

export const notIntegers: readonly Wrong[] = [
  ...notNumbers,
  ...notFinite,
  [2.5, '2.5'],
  [2 ** 53, '9007199254740992'],
];

export const notPositiveIntegers: readonly Wrong[] = [...notIntegers, [0, '0'], [-1, '-1']];

export const notSeconds: readonly Wrong[] = [...notNumbers, ...notFinite, [-0.5, '-0.5']];

export const notBooleans: readonly Wrong[] = [
  [0, '0'],
  ['true', '"true"'],
  [{}, 'an object of class Object'],
];

export const notNames: readonly Wrong[] = [
  ['', '""'],
  [5, '5'],
  [['run'], 'an array of length 1'],
];

export const notWriters: readonly Wrong[] = [
  ['run', '"run"'],
  [{ scalar() {} }, 'an object of class Object'],
  [{ flush() {} }, 'an object of class Object'],
  [{ scalar: 1, flush() {} }, 'an object of class Object'],
];

/** Rejected options of which one is not of its kind. */
export function wrong(
  owner: string,
  option: string,
  wanted: string,
  values: readonly Wrong[],
  others: object = {},
): readonly Rejected[] {
  return values.map(([value, shown]) => [
    { ...others, [option]: value },
    `${owner}: '${option}' must be ${wanted}, but got ${shown}.`,
  ]);
}

/** Rejected values of the whole of the options, and an unknown option. */
export function notOptions(owner: string, known: string): readonly Rejected[] {
  return [
    [null, `${owner}: options must be an object, but got null.`],
    ['steps', `${owner}: options must be an object, but got "steps".`],
    [[5], `${owner}: options must be an object, but got an array of length 1.`],
    [{ numStep: 5 }, `${owner}: unknown option 'numStep'. There are: ${known}.`],
    [{ toString: 5 }, `${owner}: unknown option 'toString'. There are: ${known}.`],
  ];
}

/** One test for each of the rejected options. */
export function itRefuses(
  make: (options: never) => unknown,
  ...tables: readonly (readonly Rejected[])[]
): void {
  const rows = tables.flat().map(([options, message]) => ({
    title: inspect(options, { breakLength: Infinity, depth: 1 }),
    options,
    message,
  }));
  it.each(rows)('refuses the options $title', ({ options, message }) => {
    const act = (): unknown => make(options as never);
    expect(act).toThrow(ValueError);
    expect(act).toThrow(new ValueError(message));
  });
}
