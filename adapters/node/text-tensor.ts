import { ValueError } from '../../lib/index.js';
import { shown } from './checks.js';
import type { SummaryTensor } from './event-proto.js';
import { isTensorLike, stringsOf, type TensorLike } from './tensor-data.js';

/** A text, or a table of them: nested arrays of equal lengths, or a tensor of strings. */
export type TextValue = string | readonly TextValue[] | TensorLike;

/** The strings in `value`. `what` names the text in errors. */
export function textTensor(what: string, value: TextValue): SummaryTensor {
  if (isTensorLike(value)) {
    return { shape: value.shape, values: stringsOf(what, value) };
  }
  const shape = shapeOf(value);
  const strings: string[] = [];
  collect(what, value, shape, 0, strings);
  return { shape, values: strings };
}

function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

function collect(
  what: string,
  value: unknown,
  shape: readonly number[],
  depth: number,
  strings: string[],
): void {
  const length = shape[depth];
  if (length === undefined) {
    if (typeof value !== 'string') {
      throw new ValueError(`${what}: the value must be strings, but got ${shown(value)}.`);
    }
    strings.push(value);
    return;
  }
  if (!Array.isArray(value) || value.length !== length) {
    throw new ValueError(
      `${what}: nested arrays must be of equal lengths, here ${length}, but got ` +
        `${Array.isArray(value) ? value.length : shown(value)}.`,
    );
  }
  for (const element of value) {
    collect(what, element, shape, depth + 1, strings);
  }
}
