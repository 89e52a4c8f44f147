import { keep, tensor } from '@tensorflow/tfjs';
import type { LayersModel, LayerVariable, Tensor } from '@tensorflow/tfjs';
import { restoreNewest, Saver } from '#checkpoints';
import { openDirectory, resolveDirectory, sharedEventFileWriter } from '#platform';
import { GlobalStep, isPromise, ValueError } from '../../lib/index.js';
import type {
  Batch,
  Clock,
  Directory,
  FeedDict,
  Fetch,
  GlobalStepLike,
  Logger,
  MaybePromise,
  Model,
  Params,
  Progress,
  Reading,
  SaverLike,
  Session,
  SessionHost,
  StopSignal,
  SummaryWriter,
  TensorLike,
  TrainingState,
} from '../../lib/index.js';
import type { DriverOptions } from './driver-options.js';
import type { YieldEvery } from './event-loop.js';
import { readFetch, readTensor } from './fetch-reader.js';
import type { TensorReadings } from './fetch-reader.js';
import { kerasConfig } from './keras-config.js';
import { globalStepOf } from './models.js';
import { StepMetrics } from './step-metrics.js';
import { systemClock } from './system-clock.js';

/** What all drivers of this adapter have in common: the host of one run. */
export abstract class TfjsHost implements SessionHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly globalStep: GlobalStepLike;
  readonly signal: StopSignal | undefined;
  readonly metrics: StepMetrics = new StepMetrics();
  readonly restore?: (session: Session) => Promise<void>;
  readonly #options: DriverOptions;
  readonly #model: LayersModel | undefined;
  #saver: SaverLike | undefined;
  #attended = 0;

  /** @param ownStep - Counts where there is neither a model nor a counter of the user's. */
  constructor(
    options: DriverOptions,
    model: LayersModel | undefined,
    ownStep: GlobalStep = new GlobalStep(),
  ) {
    this.#options = options;
    this.#model = model;
    this.clock = options.clock ?? systemClock(options.signal);
    this.logger = options.logger ?? console;
    this.globalStep = options.globalStep ?? (model === undefined ? ownStep : globalStepOf(model));
    this.signal = options.signal;
    const { restoreFrom } = options;
    if (restoreFrom !== undefined) {
      this.restore = (session) => restoreNewest(session, restoreFrom);
    }
  }

  get model(): Model | undefined {
    return this.#model;
  }

  /** The same, as tfjs declares it. */
  get layersModel(): LayersModel | undefined {
    return this.#model;
  }

  abstract countStep(): MaybePromise<number>;
  abstract trainingState(): TrainingState;
  abstract stop(): void;
  get epoch(): number | undefined {
    return undefined;
  }
  get params(): Params | undefined {
    return undefined;
  }
  get batch(): Batch | undefined {
    return undefined;
  }
  get progress(): Progress | undefined {
    return undefined;
  }

  /** How often the driver was told to let the event loop turn. */
  get yieldEvery(): YieldEvery | undefined {
    return undefined;
  }

  metricNames(): readonly string[] {
    return this.metrics.names();
  }

  isEpochMetric(_name: string): boolean {
    return false;
  }

  hasEpochMetric(_name: string): boolean {
    return false;
  }

  isYetToCome(name: string): boolean {
    return !this.metrics.hasBegun && this.#weight(name) === undefined;
  }

  read(
    fetches: readonly Fetch[],
    session: Session,
    feedDict?: FeedDict,
  ): MaybePromise<readonly Reading[]> {
    const readings: MaybePromise<Reading>[] = [];
    const model = this.#model;
    // A weight may be asked for by its name and as a tensor: it is read once.
    const tensors: TensorReadings | undefined = fetches.length > 1 ? new Map() : undefined;
    try {
      for (const fetch of fetches) {
        readings.push(
          typeof fetch === 'string'
            ? this.#readName(fetch, tensors)
            : readFetch(fetch, { session, model, feedDict, tensors }),
        );
      }
    } catch (error) {
      // Those before it are under way.
      return allSettled([...readings, Promise.reject(error as Error)]);
    }
    const [first] = readings;
    if (readings.length === 1 && isPromise(first)) {
      return first.then((reading) => [reading]);
    }
    return readings.some(isPromise) ? allSettled(readings) : (readings as Reading[]);
  }

  withTensor = <T>({ data, dtype, shape }: Reading, use: (tensor: TensorLike) => T): T => {
    const kind = dtype === 'number' ? 'float32' : dtype;
    const made = keep<Tensor>(tensor(data as never, shape as number[], kind as never));
    try {
      return use(made);
    } finally {
      made.dispose();
    }
  };

  openSummaryWriter(dir: string): SummaryWriter {
    return (this.#options.summaryFileWriter ?? sharedEventFileWriter)(dir);
  }

  modelConfig(): string | undefined {
    return this.#model === undefined ? undefined : kerasConfig(this.#model);
  }

  resolveDirectory(dir: string): string {
    return resolveDirectory(dir);
  }

  get saver(): SaverLike {
    this.#saver ??= new Saver();
    return this.#saver;
  }

  openDirectory(path: string): Directory {
    return openDirectory(path);
  }

  /** Whether work goes on beside training. */
  get isAttending(): boolean {
    return this.#attended > 0;
  }

  attend(work: Promise<unknown>): void {
    this.#attended += 1;
    const forget = (): void => {
      this.#attended -= 1;
    };
    work.then(forget, forget);
  }

  close(): void {
    this.metrics.close();
  }

  /** Names that are read beyond metrics of steps: of epochs, say. */
  protected otherMetric(_name: string): MaybePromise<Reading> | undefined {
    return undefined;
  }

  /** Added to the message about an unknown name. */
  protected hint(_name: string): string {
    return '';
  }

  #readName(name: string, tensors: TensorReadings | undefined): MaybePromise<Reading> {
    if (this.metrics.has(name)) {
      return this.metrics.read(name);
    }
    const other = this.otherMetric(name);
    if (other !== undefined) {
      return other;
    }
    const weight = this.#weight(name);
    if (weight !== undefined) {
      return readTensor(weight.read(), tensors);
    }
    const weights = (this.#model?.weights ?? []).map((one) => one.name);
    const names = [...this.metricNames(), this.globalStep.name, ...weights];
    const [when, hint] = this.metrics.hasBegun
      ? ['in this step', this.hint(name)]
      : ['before the first step', ''];
    throw new ValueError(
      `No value named '${name}' ${when}. There are: ${names.join(', ')}.${hint}`,
    );
  }

  /** By its name, or by the one it had before tfjs made that unique among all models' weights. */
  #weight(name: string): LayerVariable | undefined {
    const weights = this.#model?.weights ?? [];
    const exact = weights.find((one) => one.name === name);
    if (exact !== undefined) {
      return exact;
    }
    const alike = weights.filter((one) => one.originalName === name);
    if (alike.length > 1) {
      const names = alike.map((one) => one.name).join(', ');
      throw new ValueError(`'${name}' may be any of these weights: ${names}.`);
    }
    return alike[0];
  }
}

/** Waits for all, so that nothing is under way any more when the first failure is reported. */
async function allSettled<T>(values: readonly MaybePromise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(values);
  return settled.map((one) => {
    if (one.status === 'rejected') {
      throw one.reason;
    }
    return one.value;
  });
}
