/** What a fetch gave, read back from the device. */
export interface Reading {
  /** The tensor's dtype; `'number'` where it was a number of JavaScript's. */
  readonly dtype: string;
  /** Empty for a scalar. */
  readonly shape: readonly number[];
  readonly data: ArrayLike<number> | readonly string[];
}

/** A number as a reading: `'float32'` for a metric, `'int32'` for a count. */
export function scalarReading(dtype: string, value: number): Reading {
  return { dtype, shape: [], data: [value] };
}
