import type { LayersModel } from '@tensorflow/tfjs';
import { trainingState } from '#checkpoints';
import type {
  Batch,
  GlobalStep,
  Logs,
  MaybePromise,
  Params,
  Progress,
  Reading,
  TrainingState,
} from '../../lib/index.js';
import type { DriverOptions } from './driver-options.js';
import type { YieldEvery } from './event-loop.js';
import { StepGroup } from './step-group.js';
import { readMetric } from './step-metrics.js';
import type { Metric } from './step-metrics.js';
import { TfjsHost } from './tfjs-host.js';

/** What `fit` puts among the metrics of a batch though they are none. */
const NOT_METRICS: ReadonlySet<string> = new Set(['batch', 'size']);

interface FitOptions extends DriverOptions {
  readonly model?: LayersModel | undefined;
  readonly yieldEvery?: YieldEvery | undefined;
}

/** `model.fit` and `model.fitDataset`, as a callback sees them. */
export class FitHost extends TfjsHost {
  alive = true;
  readonly #params: Params | undefined;
  readonly #yieldEvery: YieldEvery | undefined;
  /** The model whose `fit` runs: what stops it. Of a `tf.Sequential` the inner one. */
  readonly #handed: LayersModel | undefined;
  readonly #group: StepGroup;
  readonly #epochMetrics: ReadonlySet<string>;
  #steps = 0;
  #epoch: number | undefined;
  /** The batch, and where training stands: objects are made of them where someone asks. */
  #batchIndex: number | undefined;
  #batchSize: number | undefined;
  #nextEpoch: number;
  #batchesDone = 0;
  #batchesOfEpoch = 0;
  #epochLogs: Readonly<Record<string, Metric>> = {};
  readonly #lastEpochLogs: Record<string, Metric> = {};
  #cutShort = false;

  constructor(
    owner: object,
    options: FitOptions,
    params: Params | undefined,
    handed: LayersModel | undefined,
    ownStep: GlobalStep,
  ) {
    super(options, options.model ?? handed, ownStep);
    this.#yieldEvery = options.yieldEvery;
    this.#params = params;
    this.#handed = handed;
    this.#group = StepGroup.join(owner, this.globalStep, this.layersModel);
    this.#nextEpoch = params?.initialEpoch ?? 0;
    const metrics = params?.metrics ?? [];
    const isOfEpochs = (name: string): boolean =>
      name.startsWith('val_') && metrics.includes(name.slice('val_'.length));
    this.#epochMetrics = new Set(params?.doValidation === true ? metrics.filter(isOfEpochs) : []);
  }

  override get yieldEvery(): YieldEvery | undefined {
    return this.#yieldEvery;
  }

  override get epoch(): number | undefined {
    return this.#epoch;
  }

  override get params(): Params | undefined {
    return this.#params;
  }

  override get batch(): Batch | undefined {
    const index = this.#batchIndex;
    return index === undefined ? undefined : { index, size: this.#batchSize };
  }

  override get progress(): Progress {
    return { epoch: this.#nextEpoch, batch: this.#batchesDone };
  }

  enterEpoch(epoch: number): void {
    this.#epoch = epoch;
    this.#batchesOfEpoch = 0;
    if (this.#steps === 0) {
      this.#stand(epoch, 0);
    }
  }

  enterBatch(index: number, logs: Readonly<Record<string, unknown>> | undefined): void {
    const size = logs?.['size'];
    this.#batchIndex = index;
    this.#batchSize = typeof size === 'number' ? size : undefined;
  }

  leaveBatch(index: number, logs: Readonly<Record<string, unknown>> | undefined): void {
    this.enterBatch(index, logs);
    const done = index + 1;
    const epoch = this.#epoch ?? 0;
    this.#batchesOfEpoch = done;
    if (done >= this.#batchesPerEpoch()) {
      this.#stand(epoch + 1, 0);
    } else {
      this.#stand(epoch, done);
    }
    this.metrics.enter(logs, NOT_METRICS);
  }

  /** @param stopRequested - Whether the epoch may have been cut short. */
  leaveEpoch(
    epoch: number,
    logs: Readonly<Record<string, Metric>> | undefined,
    stopRequested: boolean,
  ): void {
    this.#epochLogs = logs ?? {};
    Object.assign(this.#lastEpochLogs, logs);
    const model = this.#handed ?? this.layersModel;
    this.#cutShort = stopRequested || model?.stopTraining === true;
    // Data may end before the batches that were announced, and epochs go by without any.
    const announced = this.#batchesPerEpoch();
    const wanted = announced === Infinity ? 1 : announced;
    if (!this.#cutShort && this.#batchesOfEpoch >= wanted) {
      this.#stand(epoch + 1, 0);
    }
  }

  /** Behind the last epoch the name of an epoch's metric means the last value that there was. */
  leaveEpochs(): void {
    this.#epochLogs = this.#lastEpochLogs;
  }

  async readEpochLogs(): Promise<Logs> {
    const entries = Object.entries(this.#epochLogs).map(
      async ([name, value]) => [name, (await readMetric(value)).data[0]] as const,
    );
    return Object.fromEntries(await Promise.all(entries)) as Logs;
  }

  countStep(): MaybePromise<number> {
    this.#steps += 1;
    return this.#group.count(this.#steps);
  }

  /** Where `fit` has told nothing of itself, a name alone has to tell. */
  override isEpochMetric(name: string): boolean {
    return this.#params === undefined ? name.startsWith('val_') : this.#epochMetrics.has(name);
  }

  /** A stop within an epoch skips validation, so that a name may be legal and yet missing. */
  override hasEpochMetric(name: string): boolean {
    const isKnown = this.#params !== undefined || this.#cutShort;
    return name in this.#epochLogs || !isKnown;
  }

  trainingState(): TrainingState {
    if (this.layersModel === undefined) {
      throw unknownModel('A checkpoint');
    }
    return trainingState({ model: this.layersModel });
  }

  stop(): void {
    const model = this.#handed ?? this.layersModel;
    if (model === undefined) {
      throw unknownModel('A stop');
    }
    model.stopTraining = true;
  }

  override close(): void {
    super.close();
    this.#group.close();
  }

  protected override otherMetric(name: string): MaybePromise<Reading> | undefined {
    const value = this.#epochLogs[name];
    return value === undefined || !name.startsWith('val_') ? undefined : readMetric(value);
  }

  protected override hint(_name: string): string {
    return this.layersModel === undefined
      ? " A weight by name needs the model: give the option 'model', or use callbackList()."
      : '';
  }

  #stand(epoch: number, batch: number): void {
    this.#nextEpoch = epoch;
    this.#batchesDone = batch;
  }

  /** Infinity where `fit` does not tell. */
  #batchesPerEpoch(): number {
    const { steps, samples, batchSize } = this.#params ?? {};
    if (typeof steps === 'number') {
      return steps;
    }
    return typeof samples === 'number' && typeof batchSize === 'number'
      ? Math.ceil(samples / batchSize)
      : Infinity;
  }
}

function unknownModel(what: string): Error {
  return new Error(
    `${what} needs the model, which tfjs hands to no callback behind a plain object or in another ` +
      `copy of tfjs: give the option 'model', or, behind a plain object, use callbackList().`,
  );
}
