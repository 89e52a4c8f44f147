import type { Reading, TensorLike } from '../../lib/index.js';

/** A tensor without tfjs. */
export class FakeTensor implements TensorLike {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly name: string | undefined;
  isDisposed = false;
  readonly #data: Reading['data'];

  constructor({ dtype, shape, data }: Reading, name?: string) {
    this.dtype = dtype;
    this.shape = shape;
    this.name = name;
    this.#data = data;
  }

  dataSync(): number[] | string[] {
    if (this.isDisposed) {
      throw new Error('The tensor is disposed.');
    }
    return Array.from(this.#data as ArrayLike<number>);
  }

  async array(): Promise<unknown> {
    return this.dataSync();
  }
}

/** A float32 reading of so many dimensions. */
export function floats(data: readonly number[], shape: readonly number[] = [data.length]): Reading {
  return { dtype: 'float32', shape, data: data.map(Math.fround) };
}
