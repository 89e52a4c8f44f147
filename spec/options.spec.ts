import { describe, expect, it } from '@jest/globals';

import { ValueError } from '../lib/index.js';
import {
  boolean,
  checked,
  className,
  describeValue,
  exactlyOne,
  func,
  integer,
  isObject,
  nonEmptyString,
  nonNegativeInteger,
  nullable,
  objectWith,
  positiveInteger,
  required,
  seconds,
} from '../lib/options.js';
import type { Rule } from '../lib/options.js';

interface Some {
  readonly steps?: number | null | undefined;
  readonly name?: string | undefined;
}

const rules = { steps: positiveInteger, name: nonEmptyString };

describe('checked options', () => {
  it('are a frozen copy', () => {
    const options = { steps: 5, name: 'a' };
    const own = checked<Some>('Hook', options, rules);
    options.steps = 6;
    expect(own).toEqual({ steps: 5, name: 'a' });
    expect(Object.isFrozen(own)).toBe(true);
  });

  it('are empty where there are none', () => {
    expect(checked<Some>('Hook', undefined, rules)).toEqual({});
  });

  it('are without those that are undefined or null, unless null has a meaning', () => {
    const given = { steps: null, name: undefined };
    expect(Object.keys(checked<Some>('Hook', given, rules))).toEqual([]);
    const withNull = { ...rules, steps: nullable(positiveInteger) };
    expect(checked<Some>('Hook', given, withNull)).toEqual({ steps: null });
  });

  it('may have no prototype, or be of a class', () => {
    const bare = Object.assign(Object.create(null) as object, { steps: 5 });
    expect(checked<Some>('Hook', bare, rules)).toEqual({ steps: 5 });
    class Options {
      steps = 5;
    }
    expect(checked<Some>('Hook', new Options(), rules)).toEqual({ steps: 5 });
  });

  it.each([
    [{ steps: 0 }, "Hook: 'steps' must be a positive integer, but got 0."],
    [{ steps: 5, name: '' }, `Hook: 'name' must be a non-empty string, but got "".`],
    [{ stesp: 5 }, "Hook: unknown option 'stesp'. There are: steps, name."],
    [{ stesp: undefined }, "Hook: unknown option 'stesp'. There are: steps, name."],
    [{ constructor: 5 }, "Hook: unknown option 'constructor'. There are: steps, name."],
    [5, 'Hook: options must be an object, but got 5.'],
    [null, 'Hook: options must be an object, but got null.'],
    [[], 'Hook: options must be an object, but got an array of length 0.'],
    [() => 5, 'Hook: options must be an object, but got a function.'],
  ])('are not %j', (options, message) => {
    expect(() => checked<Some>('Hook', options as never, rules)).toThrow(new ValueError(message));
  });
});

describe('an option', () => {
  it('that is required must be given', () => {
    expect(() => required('Hook', { steps: 5 }, 'steps')).not.toThrow();
    expect(() => required<Some>('Hook', { name: 'a' }, 'name', 'steps')).toThrow(
      new ValueError("Hook: 'steps' must be given."),
    );
  });

  it('of two must be given alone', () => {
    expect(() => exactlyOne<Some>('Hook', { steps: 5 }, 'steps', 'name')).not.toThrow();
    expect(() => exactlyOne<Some>('Hook', { name: 'a' }, 'steps', 'name')).not.toThrow();
    const message = "Hook: exactly one of 'steps' and 'name' must be given, but got";
    expect(() => exactlyOne<Some>('Hook', {}, 'steps', 'name')).toThrow(
      new ValueError(`${message} neither.`),
    );
    expect(() => exactlyOne<Some>('Hook', { steps: 5, name: 'a' }, 'steps', 'name')).toThrow(
      new ValueError(`${message} both.`),
    );
  });
});

interface RuleCase {
  readonly wanted: string;
  readonly rule: Rule;
  readonly right: readonly unknown[];
  readonly wrong: readonly unknown[];
}

const noNumbers = ['5', true, null, undefined, 5n, [5], {}, Number.NaN, Infinity, -Infinity];
const noIntegers = [...noNumbers, 0.5, 2 ** 53, -(2 ** 53)];
const most = Number.MAX_SAFE_INTEGER;
const save = { save() {}, restore() {} };

const cases: readonly RuleCase[] = [
  {
    wanted: 'a positive integer',
    rule: positiveInteger,
    right: [1, most],
    wrong: [...noIntegers, 0, -1],
  },
  {
    wanted: 'a non-negative integer',
    rule: nonNegativeInteger,
    right: [0, -0, 1, most],
    wrong: [...noIntegers, -1],
  },
  { wanted: 'an integer', rule: integer, right: [0, 1, -1, most, -most], wrong: noIntegers },
  {
    wanted: 'a non-negative number of seconds',
    rule: seconds,
    right: [0, 0.5, 1e300],
    wrong: [...noNumbers, -0.5],
  },
  { wanted: 'a boolean', rule: boolean, right: [true, false], wrong: [0, 1, 'true', null, {}] },
  { wanted: 'a non-empty string', rule: nonEmptyString, right: ['a', ' '], wrong: ['', 5, null] },
  { wanted: 'a function', rule: func, right: [() => {}, Map], wrong: ['f', {}, null] },
  {
    wanted: 'an object with save(), restore()',
    rule: objectWith('save', 'restore'),
    right: [save, Object.create(save)],
    wrong: [{}, { save() {} }, { ...save, save: 1 }, 'save', null, undefined, () => {}],
  },
  {
    wanted: 'a positive integer or null',
    rule: nullable(positiveInteger),
    right: [1, null],
    wrong: [0, '5', undefined],
  },
];

describe.each(cases)('$wanted', ({ wanted, rule, right, wrong }) => {
  it.each(right.map((value) => ({ value })))('may be $value', ({ value }) => {
    expect(rule(value)).toBeUndefined();
  });

  it.each(wrong.map((value) => ({ value })))('cannot be $value', ({ value }) => {
    expect(rule(value)).toBe(wanted);
  });
});

describe('an error message', () => {
  class Thing {
    readonly value = 5;
  }
  const nameless = Object.defineProperty(() => 5, 'name', { value: '' });

  it.each<[unknown, string]>([
    ['a "b"', '"a \\"b\\""'],
    [5, '5'],
    [Number.NaN, 'NaN'],
    [5n, '5n'],
    [true, 'true'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [nameless, 'a function'],
    [Math.max, 'the function max'],
    [[1, 2], 'an array of length 2'],
    [{}, 'an object of class Object'],
    [new Thing(), 'an object of class Thing'],
    [Object.create(null), 'an object of class Object'],
    [{ constructor: { name: '' } }, 'an object of class Object'],
  ])('shows %p so that one sees what came', (value, shown) => {
    expect(describeValue(value)).toBe(shown);
  });

  it('names the class of an object', () => {
    expect([className(new Thing()), className({})]).toEqual(['Thing', 'Object']);
    expect(className({ constructor: undefined })).toBe('Object');
  });

  it('takes for objects what can have properties', () => {
    expect([{}, [], null, undefined, 'a', () => {}].map(isObject)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('ValueError', () => {
  it('is an error with a name', () => {
    const error = new ValueError('Hook: no.');
    expect(error).toBeInstanceOf(Error);
    expect([error.name, String(error)]).toEqual(['ValueError', 'ValueError: Hook: no.']);
  });
});
