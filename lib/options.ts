import { ValueError } from './errors.js';

/** Says what a value should have been, or `undefined` where it is right. */
export type Rule = (value: unknown) => string | undefined;

/** A rule for each option; an option without one is unknown, and refused. */
export type Rules<O> = { readonly [K in keyof Required<O>]: Rule };

/**
 * The options copied and checked; `undefined` and `null` both mean "not given" and are left out
 * unless a rule says otherwise (see {@link nullable}).
 *
 * @throws {@link ValueError} Names the owner, the option and what came.
 */
export function checked<O extends object>(
  owner: string,
  options: O | undefined,
  rules: Rules<NoInfer<O>>,
): O {
  if (options !== undefined && !isPlain(options)) {
    throw new ValueError(`${owner}: options must be an object, but got ${describeValue(options)}.`);
  }
  const given: Record<string, unknown> = {};
  const byName = rules as Readonly<Record<string, NullableRule>>;
  for (const [option, value] of Object.entries(options ?? {})) {
    const rule = Object.hasOwn(byName, option) ? byName[option] : undefined;
    if (rule === undefined) {
      const known = Object.keys(rules).join(', ');
      throw new ValueError(`${owner}: unknown option '${option}'. There are: ${known}.`);
    }
    if (value === undefined || (value === null && rule.nullable !== true)) {
      continue;
    }
    check(owner, option, value, rule);
    given[option] = value;
  }
  return Object.freeze(given) as O;
}

/** @throws {@link ValueError} Unless the value is what the rule says. */
export function check(owner: string, option: string, value: unknown, rule: Rule): void {
  const wanted = rule(value);
  if (wanted !== undefined) {
    throw new ValueError(
      `${owner}: '${option}' must be ${wanted}, but got ${describeValue(value)}.`,
    );
  }
}

/** @throws {@link ValueError} Unless all of the named options are given. */
export function required<O extends object>(
  owner: string,
  options: O,
  ...names: readonly (keyof O & string)[]
): void {
  for (const name of names) {
    if (options[name] === undefined) {
      throw new ValueError(`${owner}: '${name}' must be given.`);
    }
  }
}

/** @throws {@link ValueError} Unless exactly one of the two options is given. */
export function exactlyOne<O extends object>(
  owner: string,
  options: O,
  one: keyof O & string,
  other: keyof O & string,
): void {
  if ((options[one] === undefined) === (options[other] === undefined)) {
    const came = options[one] === undefined ? 'neither' : 'both';
    throw new ValueError(
      `${owner}: exactly one of '${one}' and '${other}' must be given, but got ${came}.`,
    );
  }
}

export const positiveInteger: Rule = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : 'a positive integer';

export const nonNegativeInteger: Rule = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'a non-negative integer';

export const integer: Rule = (value) => (Number.isSafeInteger(value) ? undefined : 'an integer');

export const seconds: Rule = (value) =>
  Number.isFinite(value) && (value as number) >= 0 ? undefined : 'a non-negative number of seconds';

export const boolean: Rule = (value) => (typeof value === 'boolean' ? undefined : 'a boolean');

export const nonEmptyString: Rule = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'a non-empty string';

export const func: Rule = (value) => (typeof value === 'function' ? undefined : 'a function');

/** An object that has all of the named methods. */
export function objectWith(...methods: readonly string[]): Rule {
  return (value) =>
    isObject(value) && methods.every((method) => typeof value[method] === 'function')
      ? undefined
      : `an object with ${methods.map((method) => `${method}()`).join(', ')}`;
}

/** As the rule says, where `null` is a value of its own and not the lack of one. */
export function nullable(rule: Rule): Rule {
  const withNull: NullableRule = (value) =>
    value === null || rule(value) === undefined ? undefined : `${rule(value)} or null`;
  withNull.nullable = true;
  return withNull;
}

/** How an error message shows what came. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'function':
      return value.name === '' ? 'a function' : `the function ${value.name}`;
    case 'bigint':
      return `${value}n`;
    case 'object':
      if (value === null) {
        return 'null';
      }
      return Array.isArray(value)
        ? `an array of length ${value.length}`
        : `an object of class ${className(value)}`;
    default:
      return String(value);
  }
}

/** The name of an object's class, as errors show it. */
export function className(value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } };
  return typeof constructor?.name === 'string' && constructor.name !== ''
    ? constructor.name
    : 'Object';
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

interface NullableRule extends Rule {
  nullable?: boolean;
}

function isPlain(value: unknown): boolean {
  return isObject(value) && !Array.isArray(value);
}
