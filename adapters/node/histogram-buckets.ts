/**
 * Sorts values into `buckets` buckets of equal width, as TensorBoard does: a row
 * `[left edge, right edge, count]` for each, one row behind the other.
 *
 * No values make buckets of zeros; values that are all the same lie in the last bucket. Where a
 * value is not finite, so are edges, and what falls between such edges is not counted.
 */
export function histogramBuckets(values: ArrayLike<number>, buckets: number): Float64Array {
  const rows = new Float64Array(buckets * 3);
  if (buckets === 0 || values.length === 0) {
    return rows;
  }
  const { min, max } = extremes(values);
  const width = (max - min) / buckets;
  const last = buckets - 1;
  if (max === min && Number.isFinite(max)) {
    for (let i = 0; i < buckets; i++) {
      rows.set([max, max, i === last ? values.length : 0], i * 3);
    }
    return rows;
  }
  for (let i = 0; i < buckets; i++) {
    rows[i * 3] = i === 0 ? min : min + i * width;
    rows[i * 3 + 1] = i === last ? max : min + (i + 1) * width;
  }
  for (let i = 0; i < values.length; i++) {
    const bucket = Math.floor((values[i]! - min) / width);
    if (Number.isFinite(bucket)) {
      rows[Math.min(bucket, last) * 3 + 2]! += 1;
    }
  }
  return rows;
}

/** NaN, both, where any value is. */
function extremes(values: ArrayLike<number>): { min: number; max: number } {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    min = Math.min(min, values[i]!);
    max = Math.max(max, values[i]!);
  }
  return { min, max };
}
