import { ValueError } from '../../lib/index.js';
import { shown } from './checks.js';
import { isTensorLike, numbersOf, type TensorLike } from './tensor-data.js';

/** What a histogram is taken of: a tensor of numbers, a typed array, or an array of numbers. */
export type HistogramData = TensorLike | ArrayLike<number>;

/** The numbers in `data`. `what` names the histogram in errors. */
export function histogramNumbers(what: string, data: HistogramData): ArrayLike<number> {
  if (isTensorLike(data)) {
    return numbersOf(what, data, ['float32', 'int32', 'bool']);
  }
  const isList = Array.isArray(data) || (ArrayBuffer.isView(data) && 'length' in data);
  if (!isList) {
    throw new ValueError(
      `${what}: the data must be a tensor, a typed array or an array, but got ${shown(data)}.`,
    );
  }
  for (let i = 0; i < data.length; i++) {
    if (typeof data[i] !== 'number') {
      throw new ValueError(
        `${what}: the data must be numbers, but got ${shown(data[i])} at index ${i}.`,
      );
    }
  }
  return data;
}
