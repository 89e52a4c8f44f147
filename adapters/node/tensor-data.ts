import { ValueError } from '../../lib/index.js';
import { shown } from './checks.js';

/** What is read of a tensor: any `tf.Tensor` is one. */
export interface TensorLike {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The values, in row-major order. */
  dataSync(): ArrayLike<number> | string[];
}

export function isTensorLike(data: unknown): data is TensorLike {
  return (
    typeof data === 'object' &&
    data !== null &&
    'dataSync' in data &&
    typeof data.dataSync === 'function' &&
    'dtype' in data &&
    'shape' in data &&
    Array.isArray(data.shape)
  );
}

/** The values of a tensor of numbers of one of `dtypes`. `what` names the tensor in errors. */
export function numbersOf(
  what: string,
  tensor: TensorLike,
  dtypes: readonly string[],
): ArrayLike<number> {
  // Only tensors of strings hold anything else.
  return valuesOf(what, tensor, dtypes) as ArrayLike<number>;
}

/** The values of a tensor of strings. `what` names the tensor in errors. */
export function stringsOf(what: string, tensor: TensorLike): readonly string[] {
  return valuesOf(what, tensor, ['string']) as readonly string[];
}

function valuesOf(
  what: string,
  tensor: TensorLike,
  dtypes: readonly string[],
): ArrayLike<number> | string[] {
  if (!dtypes.includes(tensor.dtype)) {
    throw new ValueError(
      `${what}: the dtype must be ${dtypes.join(' or ')}, but got ${shown(tensor.dtype)}.`,
    );
  }
  const values = read(what, tensor);
  const size = tensor.shape.reduce((product, length) => product * length, 1);
  if (values.length !== size) {
    throw new ValueError(
      `${what}: the shape [${tensor.shape.join(', ')}] has ${size} values, but got ${values.length}.`,
    );
  }
  return values;
}

function read(what: string, tensor: TensorLike): ArrayLike<number> | string[] {
  try {
    return tensor.dataSync();
  } catch (error) {
    // Disposed, most likely.
    const reason = error instanceof Error ? error.message : String(error);
    throw new ValueError(`${what}: the tensor cannot be read: ${reason}`, { cause: error });
  }
}
