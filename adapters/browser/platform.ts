import type { Directory, ModelIO, SummaryWriter, TensorLike, TextValue } from '../../lib/index.js';
import { nodeOnly } from './node-only.js';

/** Options of {@link eventFileWriter}. */
export interface EventFileWriterOptions {
  /** How many events may wait to be written. Zero: none. Default: 10. */
  readonly maxQueue?: number;
  /** For how many seconds events may wait while others come. Zero: none. Default: 120. */
  readonly flushSecs?: number;
  /** What the file's name ends with. Default: nothing. */
  readonly filenameSuffix?: string;
}

/**
 * Writes summaries to a TensorBoard event file.
 *
 * A step is any int64: a `number` while it is a safe integer, a `bigint` beyond.
 */
export interface EventFileWriter {
  /** Writes a number, as float32. NaN and the infinities are kept. */
  scalar(name: string, value: number, step: number | bigint): void;
  /** Writes how the values of a tensor or an array are distributed; `buckets` is 30 by default. */
  histogram(
    name: string,
    data: TensorLike | ArrayLike<number>,
    step: number | bigint,
    buckets?: number,
  ): void;
  /** Writes images, `[batch, height, width, 1|3|4]`, at most `maxOutputs` of them, by default 3. */
  image(name: string, data: TensorLike, step: number | bigint, maxOutputs?: number): void;
  /** Writes text, shown as Markdown; arrays and tensors of one or two dimensions as tables. */
  text(name: string, value: TextValue | TensorLike, step: number | bigint): void;
  /** Says in Markdown what a summary shows, where none of its values was written before. */
  describe(name: string, description: string): void;
  /** Writes the network of a model, at step 0: its configuration, as Keras 3 has it in JSON. */
  graph(config: string): void;
  /** Marks the start of a run whose first step is `step`: readers drop what it does again. */
  sessionStart(step: number | bigint): void;
  /** Writes what waits. When it returns, that outlives the process, however it ends. */
  flush(): void;
  /** Writes what waits and closes the file. A second call does nothing; other methods throw. */
  close(): void;
}

/**
 * Opens a new TensorBoard event file in a directory, which is created where it is missing.
 *
 * The name of the file sorts behind those of the event files already there, which are left alone.
 * In Node only.
 *
 * @param dir - The directory that TensorBoard is pointed to, or one below it: a run of its own.
 * @throws {@link ValueError} Unless the directory and the options are what they should be.
 *
 * @example
 * ```ts
 * import { eventFileWriter } from 'tfjs-hooks';
 *
 * const writer = eventFileWriter('run');
 * for (let step = 1; step <= 100; step++) {
 *   writer.scalar('loss', 1 / step, step);
 * }
 * writer.close();
 * ```
 */
export function eventFileWriter(dir: string, options?: EventFileWriterOptions): EventFileWriter;
export function eventFileWriter(): never {
  throw nodeOnly('eventFileWriter');
}

/**
 * Saves and loads models of plain tfjs in a directory: a `tf.io.IOHandler`.
 *
 * Saving creates the directory where it is missing, and replaces a model in it whole. Loading
 * refuses files whose lengths do not fit, and names that lead out of the directory. In Node only.
 *
 * @param path - The directory of the model, or of a checkpoint.
 * @throws {@link ValueError} If the path is not a non-empty string.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { fileSystem } from 'tfjs-hooks';
 *
 * await model.save(fileSystem('models/digits'));
 * const loaded = await tf.loadLayersModel(fileSystem('models/digits'));
 * ```
 */
export function fileSystem(path: string): ModelIO;
export function fileSystem(): never {
  throw nodeOnly('fileSystem');
}

/**
 * Turns signals to this process into an `AbortSignal`, for the option `signal` of a driver: the
 * first one stops training in order, and the program goes on to its own end; a second one ends the
 * process, as it would without. In Node only.
 *
 * @param signals - Which signals, `'SIGTERM'`.
 * @returns Aborts at the first of them, with its name as the reason.
 * @throws {@link ValueError} On a name that is no signal's.
 *
 * @example
 * ```ts
 * import { CheckpointSaverHook, processSignal, toCallback } from 'tfjs-hooks';
 *
 * const hook = new CheckpointSaverHook({ checkpointDir: 'run', saveSteps: 500 });
 * await model.fit(xs, ys, {
 *   callbacks: toCallback(hook, { signal: processSignal('SIGTERM', 'SIGINT') }),
 * });
 * ```
 */
export function processSignal(...signals: readonly string[]): AbortSignal;
export function processSignal(): never {
  throw nodeOnly('processSignal');
}

/** The event file of a directory, one for all runs of this process that write there at a time. */
export function sharedEventFileWriter(dir: string): SummaryWriter;
export function sharedEventFileWriter(): never {
  throw nodeOnly('eventFileWriter');
}

/** Opens a directory of checkpoints. */
export function openDirectory(path: string): Directory;
export function openDirectory(): never {
  throw nodeOnly('openDirectory');
}

/** One name for all spellings of a path. */
export function resolveDirectory(path: string): string {
  return /^(.+?)\/+$/s.exec(path)?.[1] ?? path;
}
