import type { TensorLike } from './fetches.js';
import type { MaybePromise } from './maybe-promise.js';

/**
 * Where summaries go. What `tf.node.summaryFileWriter(dir)` returns fits as it is, and so does any
 * object of this shape; a summary of a kind that the writer has no method for is refused.
 */
export interface SummaryWriter {
  /** Writes a number. */
  scalar(name: string, value: number, step: number): MaybePromise<void>;
  /** Writes the distribution of a tensor's elements; `data` lives for the call. */
  histogram?(name: string, data: TensorLike, step: number, buckets?: number): MaybePromise<void>;
  /** Writes images, `[batch, height, width, 1|3|4]`; `data` lives for the call. */
  image?(name: string, data: TensorLike, step: number, maxOutputs?: number): MaybePromise<void>;
  /** Writes text, or an array of texts, as Markdown. */
  text?(name: string, value: TextValue, step: number): MaybePromise<void>;
  /** Says in Markdown what a summary shows; called before its first value is written. */
  describe?(name: string, description: string): MaybePromise<void>;
  /** Writes the network of a model: its configuration, as Keras 3 has it in JSON. */
  graph?(config: string): MaybePromise<void>;
  /** Marks where a run starts, so that readers drop what it does again. */
  sessionStart?(step: number): MaybePromise<void>;
  /** When it returns, what was written survives the process. */
  flush(): MaybePromise<void>;
  /** Flushes and ends the writer. */
  close?(): MaybePromise<void>;
}

/** A text, or nested arrays of texts. */
export type TextValue = string | readonly TextValue[];
