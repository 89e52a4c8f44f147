import { ValueError } from './errors.js';
import { isFetch, toNested } from './fetches.js';
import type { Fetch, FetchValue, TensorLike } from './fetches.js';
import { checked, describeValue, nonEmptyString, positiveInteger } from './options.js';
import type { MaybePromise } from './maybe-promise.js';
import type { Reading } from './reading.js';
import type { SummaryWriter, TextValue } from './summary-writer.js';

/** One thing to summarise: made by `summary.scalar`, `histogram`, `image` and `text`. */
export interface Summary {
  /** The writer's method that it needs. */
  readonly kind: 'scalar' | 'histogram' | 'image' | 'text';
  /** Its tag in TensorBoard. */
  readonly name: string;
  /** What is read and written. */
  readonly fetch: Fetch;
  /** Of a histogram: how many buckets. Of images: how many of a batch. */
  readonly limit?: number;
  /** What TensorBoard says of it. */
  readonly description?: string;
}

/** Several summaries as one: made by `summary.merge`. */
export interface MergedSummary {
  readonly kind: 'merge';
  readonly summaries: readonly Summary[];
}

/** What `SummarySaverHook` takes as `summaryOp`: one summary, or an array of them. */
export type SummaryOp = Summary | MergedSummary | readonly SummaryOp[];

/** Makes a tensor of a reading for the time of a call. */
export type WithTensor = <T>(reading: Reading, use: (tensor: TensorLike) => T) => T;

/**
 * Says what to summarise, for `SummarySaverHook`.
 *
 * @example
 * ```ts
 * import { SummarySaverHook, summary } from 'tfjs-hooks';
 *
 * const hook = new SummarySaverHook({
 *   outputDir: 'run',
 *   saveSteps: 50,
 *   summaryOp: [summary.scalar('loss'), summary.histogram('dense_Dense1/kernel')],
 * });
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/summary
 */
export const summary: {
  /**
   * A number.
   *
   * @param name - The tag.
   * @param fetch - What to read, a scalar. Default: `name`.
   * @param options - `description`: what it is, in Markdown; TensorBoard shows it beside the chart.
   */
  scalar(
    name: string,
    fetch?: Fetch,
    options?: { readonly description?: string | undefined },
  ): Summary;
  /**
   * The distribution of a tensor's elements.
   *
   * @param name - The tag.
   * @param fetch - What to read, of any shape. Default: `name`.
   * @param options - `buckets`: how many. Default 30.
   */
  histogram(
    name: string,
    fetch?: Fetch,
    options?: { readonly buckets?: number | undefined },
  ): Summary;
  /**
   * Images.
   *
   * @param name - The tag.
   * @param fetch - What to read, `[batch, height, width, 1|3|4]`: int32 of 0 to 255, or float32 of
   *   0 to 1.
   * @param options - `maxOutputs`: how many of a batch. Default 3.
   */
  image(
    name: string,
    fetch: Fetch,
    options?: { readonly maxOutputs?: number | undefined },
  ): Summary;
  /**
   * Text, which TensorBoard shows as Markdown.
   *
   * @param name - The tag.
   * @param fetch - What to read, a string tensor.
   */
  text(name: string, fetch: Fetch): Summary;
  /** Several summaries as one. */
  merge(summaries: readonly SummaryOp[]): MergedSummary;
} = {
  scalar: (name, fetch = name, options = {}) => {
    const { description } = checked('summary.scalar', options, { description: nonEmptyString });
    return make('scalar', name, fetch, description === undefined ? {} : { description });
  },
  histogram: (name, fetch = name, options = {}) => {
    const { buckets = 30 } = checked('summary.histogram', options, { buckets: positiveInteger });
    return make('histogram', name, fetch, { limit: buckets });
  },
  image: (name, fetch, options = {}) => {
    const { maxOutputs = 3 } = checked('summary.image', options, { maxOutputs: positiveInteger });
    return make('image', name, fetch, { limit: maxOutputs });
  },
  text: (name, fetch) => make('text', name, fetch),
  merge: (summaries) => {
    if (!Array.isArray(summaries)) {
      throw new ValueError(
        `summary.merge: takes an array of summaries, but got ${describeValue(summaries)}.`,
      );
    }
    return Object.freeze({
      kind: 'merge' as const,
      summaries: Object.freeze(summaryOps('summary.merge', summaries)),
    });
  },
};

/**
 * The summaries of a `summaryOp`, in order.
 *
 * @throws {@link ValueError} On anything that `summary` did not make.
 */
export function summaryOps(owner: string, op: SummaryOp): readonly Summary[] {
  if (Array.isArray(op)) {
    return op.flatMap((part: SummaryOp) => summaryOps(owner, part));
  }
  const { kind } = (op ?? {}) as Partial<Summary | MergedSummary>;
  switch (kind) {
    case 'merge':
      return (op as MergedSummary).summaries;
    case 'scalar':
    case 'histogram':
    case 'image':
    case 'text':
      return [op as Summary];
    default:
      throw new ValueError(
        `${owner}: 'summaryOp' must be made by summary.scalar, histogram, image, text or merge, ` +
          `but got ${describeValue(op)}.`,
      );
  }
}

/** Writes what was read for a summary. */
export function writeSummary(
  writer: SummaryWriter,
  { kind, name, limit }: Summary,
  reading: Reading,
  step: number,
  withTensor: WithTensor,
): MaybePromise<void> {
  switch (kind) {
    case 'scalar':
      return writer.scalar(name, scalarOf(name, reading), step);
    case 'text':
      return writer.text?.(name, textOf(name, toNested(reading)), step);
    case 'histogram':
      return withTensor(reading, (data) => writer.histogram?.(name, data, step, limit));
    case 'image':
      return withTensor(reading, (data) => writer.image?.(name, data, step, limit));
    default:
      return kind satisfies never;
  }
}

function make(
  kind: Summary['kind'],
  name: string,
  fetch: Fetch,
  more: Pick<Summary, 'limit' | 'description'> = {},
): Summary {
  if (typeof name !== 'string') {
    throw new ValueError(
      `summary.${kind}: 'name' must be a string, but got ${describeValue(name)}.`,
    );
  }
  if (!isFetch(fetch)) {
    throw new ValueError(
      `summary.${kind}: 'fetch' of '${name}' must be a name, a tensor, a variable, a symbolic ` +
        `tensor or a function, but got ${describeValue(fetch)}.`,
    );
  }
  return Object.freeze({ kind, name, fetch, ...more });
}

function scalarOf(name: string, { data, shape }: Reading): number {
  const value = data[0];
  if (data.length !== 1 || typeof value !== 'number') {
    throw new ValueError(
      `summary.scalar: '${name}' must be a number, but got a value of shape [${shape.join()}].`,
    );
  }
  return value;
}

function textOf(name: string, value: FetchValue): TextValue {
  if (typeof value === 'string') {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map((part) => textOf(name, part));
  }
  throw new ValueError(`summary.text: '${name}' must be text, but got ${describeValue(value)}.`);
}
