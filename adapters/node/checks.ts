import { ValueError } from '../../lib/index.js';

/** Refuses a step that an int64 does not hold exactly. */
export function checkStep(what: string, step: unknown): asserts step is number | bigint {
  const exact =
    typeof step === 'bigint' ? BigInt.asIntN(64, step) === step : Number.isSafeInteger(step);
  if (!exact) {
    throw new ValueError(
      `${what}: the step must be a safe integer or an int64 bigint, but got ${shown(step)}.`,
    );
  }
}

/** Refuses a number of things that is not a whole one, or is negative. */
export function checkCount(what: string, name: string, count: unknown): asserts count is number {
  if (!Number.isSafeInteger(count) || (count as number) < 0) {
    throw new ValueError(
      `${what}: '${name}' must be a non-negative integer, but got ${shown(count)}.`,
    );
  }
}

/** Refuses a limit that is not finite, or is negative. */
export function checkLimit(what: string, name: string, limit: unknown): asserts limit is number {
  if (!Number.isFinite(limit) || (limit as number) < 0) {
    throw new ValueError(
      `${what}: '${name}' must be a finite, non-negative number, but got ${shown(limit)}.`,
    );
  }
}

/** A value as an error message shows it. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${value}'`;
    case 'bigint':
      return `${value}n`;
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object';
    case 'function':
      return 'a function';
    default:
      return String(value);
  }
}
