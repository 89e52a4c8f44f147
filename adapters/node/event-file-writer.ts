import { ValueError } from '../../lib/index.js';
import { checkCount, checkLimit, checkStep, shown } from './checks.js';
import { EventFile, wallTime } from './event-file.js';
import { sessionStartEvent, summaryEvent, type Plugin, type SummaryTensor } from './event-proto.js';
import { histogramBuckets } from './histogram-buckets.js';
import { histogramNumbers, type HistogramData } from './histogram-data.js';
import { imageTensor } from './image-tensor.js';
import { MAX_SCALAR_TAG, ScalarRecords } from './scalar-records.js';
import type { TensorLike } from './tensor-data.js';
import { textTensor, type TextValue } from './text-tensor.js';

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
 * All methods are synchronous. An event waits in a queue until that is longer than `maxQueue` or
 * older than `flushSecs` (seen when the next event comes), until {@link EventFileWriter.flush},
 * {@link EventFileWriter.close}, or the `exit` of the process. When writing fails, the method in
 * hand throws an `Error` that names the file; what was not written yet stays queued.
 *
 * A step is any int64: a `number` while it is a safe integer, a `bigint` beyond. What cannot be
 * written is refused with a {@link ValueError}, and nothing of it is.
 */
export class EventFileWriter {
  readonly #file: EventFile;
  readonly #scalars = new ScalarRecords();
  readonly #descriptions = new Map<string, string>();

  /** @internal */
  constructor(file: EventFile) {
    this.#file = file;
  }

  /** Writes a number, as float32. NaN and the infinities are kept. */
  scalar(name: string, value: number, step: number | bigint): void {
    const isUsual =
      typeof value === 'number' &&
      typeof name === 'string' &&
      name.length <= MAX_SCALAR_TAG &&
      isCount(step);
    if (isUsual && !this.#descriptions.has(name)) {
      const milliseconds = Date.now();
      this.#file.checkOpen();
      this.#scalars.add(this.#file.queue, milliseconds, name, value, step);
      this.#file.writeWhereDue(milliseconds);
      return;
    }
    this.#write('scalar', 'scalars', name, step, (what) => {
      if (typeof value !== 'number') {
        throw new ValueError(`${what}: the value must be a number, but got ${shown(value)}.`);
      }
      return { shape: [], values: Float32Array.of(value) };
    });
  }

  /**
   * Writes how the values of a tensor (float32, int32 or bool, of any shape) or of an array are
   * distributed.
   *
   * @param buckets - Into how many parts of equal width the range of the values is cut.
   */
  histogram(name: string, data: HistogramData, step: number | bigint, buckets = 30): void {
    this.#write('histogram', 'histograms', name, step, (what) => {
      checkCount(what, 'buckets', buckets);
      const rows = histogramBuckets(histogramNumbers(what, data), buckets);
      return { shape: [buckets, 3], values: rows };
    });
  }

  /**
   * Writes images as PNG.
   *
   * @param data - `[batch, height, width, channels]`, with 1 (grey), 3 (RGB) or 4 (RGBA) channels;
   * int32 from 0 to 255 or float32 from 0 to 1. What lies outside is clipped.
   * @param maxOutputs - How many images of the batch to write, at most.
   */
  image(name: string, data: TensorLike, step: number | bigint, maxOutputs = 3): void {
    this.#write('image', 'images', name, step, (what) => {
      checkCount(what, 'maxOutputs', maxOutputs);
      return imageTensor(what, data, maxOutputs);
    });
  }

  /** Writes text, shown as Markdown; arrays and tensors of one or two dimensions as tables. */
  text(name: string, value: TextValue, step: number | bigint): void {
    this.#write('text', 'text', name, step, (what) => textTensor(what, value));
  }

  /**
   * Says in Markdown what a summary shows: TensorBoard has it beside the chart.
   *
   * Written with the values of that name; what a name's first value in a file says is what counts.
   */
  describe(name: string, description: string): void {
    this.#file.checkOpen();
    this.#checkName('description', name);
    if (typeof description !== 'string') {
      throw new ValueError(
        `eventFileWriter: the description of '${name}' must be a string, but got ` +
          `${shown(description)}.`,
      );
    }
    this.#descriptions.set(name, description);
  }

  /**
   * Writes the network of a model, at step 0: TensorBoard draws it.
   *
   * @param config - The configuration of the model, as Keras 3 has it in JSON.
   */
  graph(config: string): void {
    const what = 'eventFileWriter: graph';
    if (!isJsonObject(config)) {
      throw new ValueError(`${what}: the configuration must be a JSON object in a string.`);
    }
    this.#write('graph', 'graph_keras_model', 'keras', 0, () => ({ shape: [1], values: [config] }));
  }

  /**
   * Marks the start of a run whose first step is `step`: of earlier runs in the directory,
   * TensorBoard drops what lies there or later.
   *
   * @internal For drivers: in files of runs side by side it would make each drop the other's.
   */
  sessionStart(step: number | bigint): void {
    this.#file.checkOpen();
    checkStep('eventFileWriter: sessionStart', step);
    this.#file.append(sessionStartEvent(wallTime(), step));
  }

  /** Writes what waits. When it returns, that outlives the process, however it ends. */
  flush(): void {
    this.#file.flush();
  }

  /** Writes what waits and closes the file. A second call does nothing; other methods throw. */
  close(): void {
    this.#file.close();
  }

  #write(
    kind: string,
    plugin: Plugin,
    name: string,
    step: number | bigint,
    tensorOf: (what: string) => SummaryTensor,
  ): void {
    this.#file.checkOpen();
    this.#checkName(kind, name);
    const what = `eventFileWriter: ${kind} '${name}'`;
    checkStep(what, step);
    const description = this.#descriptions.get(name);
    const value = { tag: name, plugin, tensor: tensorOf(what), description };
    this.#file.append(summaryEvent(wallTime(), step, value));
  }

  #checkName(kind: string, name: unknown): void {
    if (typeof name !== 'string') {
      throw new ValueError(
        `eventFileWriter: the name of a summary (${kind}) must be a string, but got ` +
          `${shown(name)}.`,
      );
    }
  }
}

/**
 * Opens a new TensorBoard event file in a directory, which is created where it is missing.
 *
 * The name of the file sorts behind those of the event files already there, which are left alone.
 * Any number of writers may write to one directory.
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
 *
 * @param dir - The directory that TensorBoard is pointed to, or one below it: a run of its own.
 * @throws {@link ValueError} Unless the directory and the options are what they should be.
 * @throws Error naming the path, where no file can be written there.
 */
export function eventFileWriter(
  dir: string,
  options: EventFileWriterOptions = {},
): EventFileWriter {
  if (typeof dir !== 'string' || dir === '') {
    throw new ValueError(
      `eventFileWriter: the directory must be a non-empty string, but got ${shown(dir)}.`,
    );
  }
  if (typeof options !== 'object' || options === null) {
    throw new ValueError(
      `eventFileWriter: the options must be an object, but got ${shown(options)}.`,
    );
  }
  const { maxQueue, flushSecs, filenameSuffix, ...unknown } = options;
  const [name] = Object.keys(unknown);
  if (name !== undefined) {
    throw new ValueError(
      `eventFileWriter: there is no option '${name}'. There are: maxQueue, flushSecs, ` +
        'filenameSuffix.',
    );
  }
  const checked = {
    maxQueue: maxQueue ?? 10,
    flushSecs: flushSecs ?? 120,
    filenameSuffix: filenameSuffix ?? '',
  };
  checkLimit('eventFileWriter', 'maxQueue', checked.maxQueue);
  checkLimit('eventFileWriter', 'flushSecs', checked.flushSecs);
  checkSuffix(checked.filenameSuffix);
  return new EventFileWriter(new EventFile(dir, checked));
}

function isJsonObject(text: unknown): boolean {
  try {
    const value: unknown = JSON.parse(text as string);
    return typeof text === 'string' && typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

/** What needs no bigint to be written. */
function isCount(step: number | bigint): step is number {
  return Number.isSafeInteger(step) && (step as number) >= 0;
}

function checkSuffix(suffix: unknown): void {
  if (typeof suffix !== 'string' || /[/\\\0]/.test(suffix)) {
    throw new ValueError(
      "eventFileWriter: 'filenameSuffix' must be a string without path separators, but got " +
        `${shown(suffix)}.`,
    );
  }
}
