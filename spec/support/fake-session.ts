import { GlobalStep, HookedSession, isTensor, scalarReading, ValueError } from '../../lib/index.js';
import type {
  Directory,
  FeedDict,
  Fetch,
  GlobalStepLike,
  MaybePromise,
  Reading,
  Session,
  SessionHost,
  SessionRunHook,
  StopSignal,
  SummaryWriter,
  TensorLike,
  TrainingState,
} from '../../lib/index.js';
import { FakeTensor } from './fake-tensor.js';
import { RecordingLogger, RecordingSaver, RecordingWriter } from './recording.js';
import { TraceClock } from './trace-clock.js';
import { times } from './times.js';

export { FakeTensor, floats } from './fake-tensor.js';
export { TraceClock as ManualClock } from './trace-clock.js';

/** The metrics of a step or an epoch: float32 numbers, or whatever else was read. */
export type Values = Readonly<Record<string, number | Reading>>;

/** How a {@link FakeHost} is. */
export interface FakeHostOptions {
  readonly clock?: TraceClock;
  /** The counter, or where one begins. Default 0. */
  readonly globalStep?: GlobalStepLike | number;
  /** What a step adds to the counter. Default 1. */
  readonly increment?: number;
  /** What else has a name. Default: nothing. */
  readonly weights?: Readonly<Record<string, Reading>>;
  /** The names of metrics that only epochs have. Default: none. */
  readonly epochMetrics?: readonly string[];
  readonly signal?: StopSignal;
  readonly restore?: (session: Session) => MaybePromise<void>;
  /** What the host says of its model. Default: there is none. */
  readonly modelConfig?: string;
  /** Opens the writer of a directory. Default: a {@link RecordingWriter}. */
  readonly openSummaryWriter?: (dir: string) => SummaryWriter;
  /** Whether reads answer later. Default false. */
  readonly readsLater?: boolean;
}

/** A host without a model: it has the values that it is given, and notes what it is asked for. */
export class FakeHost implements SessionHost {
  readonly clock: TraceClock;
  readonly logger = new RecordingLogger();
  readonly globalStep: GlobalStepLike;
  readonly signal: StopSignal | undefined;
  readonly saver = new RecordingSaver();
  readonly restore?: (session: Session) => MaybePromise<void>;
  epoch: number | undefined;
  alive = true;
  /** The fetches of each read. */
  readonly reads: (readonly Fetch[])[] = [];
  readonly feeds: (FeedDict | undefined)[] = [];
  /** The writers that were opened, by directory. */
  readonly writers = new Map<string, RecordingWriter>();
  stopped = false;
  closed = 0;
  /** The tensors that were made for the time of a call. */
  readonly tensors: FakeTensor[] = [];
  readonly #options: FakeHostOptions;
  #step: Values = {};
  #hasBegun = false;
  #epoch: Values = {};

  constructor(options: FakeHostOptions = {}) {
    const { globalStep = 0 } = options;
    this.#options = options;
    this.clock = options.clock ?? new TraceClock(1000);
    this.globalStep = typeof globalStep === 'number' ? new GlobalStep(globalStep) : globalStep;
    this.signal = options.signal;
    if (options.restore !== undefined) {
      this.restore = options.restore;
    }
  }

  get lines(): readonly string[] {
    return this.logger.lines;
  }

  /** Gives the metrics of the step that is just over. */
  enterStep(values: Values): void {
    this.#hasBegun = true;
    this.#step = values;
  }

  /** Gives the metrics of the epoch that is just over. */
  enterEpoch(values: Values): void {
    this.#epoch = values;
  }

  /** The writer of a directory that was opened. */
  writer(dir: string): RecordingWriter {
    const writer = this.writers.get(dir);
    if (writer === undefined) {
      throw new Error(`Nobody opened ${dir}.`);
    }
    return writer;
  }

  countStep(): MaybePromise<number> {
    return this.globalStep.increment(this.#options.increment ?? 1);
  }

  read(
    fetches: readonly Fetch[],
    session: Session,
    feedDict?: FeedDict,
  ): MaybePromise<readonly Reading[]> {
    this.reads.push([...fetches]);
    this.feeds.push(feedDict);
    const readings = fetches.map((fetch) => this.#read(fetch, session, feedDict));
    return this.#options.readsLater === true || readings.some((one) => one instanceof Promise)
      ? Promise.all(readings.map(async (one) => one))
      : (readings as Reading[]);
  }

  metricNames(): readonly string[] {
    return Object.keys(this.#step);
  }

  isYetToCome(name: string): boolean {
    return !this.#hasBegun && !Object.hasOwn(this.#options.weights ?? {}, name);
  }

  isEpochMetric(name: string): boolean {
    return this.#options.epochMetrics?.includes(name) === true;
  }

  hasEpochMetric(name: string): boolean {
    return Object.hasOwn(this.#epoch, name);
  }

  readonly withTensor = <T>(reading: Reading, use: (tensor: TensorLike) => T): T => {
    const tensor = new FakeTensor(reading);
    this.tensors.push(tensor);
    try {
      return use(tensor);
    } finally {
      tensor.isDisposed = true;
    }
  };

  openSummaryWriter(dir: string): SummaryWriter {
    const { openSummaryWriter } = this.#options;
    if (openSummaryWriter !== undefined) {
      return openSummaryWriter(dir);
    }
    const writer = new RecordingWriter();
    this.writers.set(dir, writer);
    return writer;
  }

  modelConfig(): string | undefined {
    return this.#options.modelConfig;
  }

  resolveDirectory(dir: string): string {
    return dir.replace(/^\.\/|\/$/g, '');
  }

  openDirectory(path: string): Directory {
    throw new Error(`There is no directory ${path}.`);
  }

  trainingState(): TrainingState {
    throw new Error('There is nothing to save.');
  }

  stop(): void {
    this.stopped = true;
  }

  close(): void {
    this.closed += 1;
  }

  #read(fetch: Fetch, session: Session, feedDict: FeedDict | undefined): MaybePromise<Reading> {
    if (typeof fetch === 'string') {
      return this.#named(fetch);
    }
    if (typeof fetch === 'function') {
      const value = fetch(session);
      return value instanceof Promise ? value.then(readingOf) : readingOf(value);
    }
    if (isTensor(fetch)) {
      return readingOf(fetch);
    }
    if ('read' in fetch) {
      return readingOf(fetch.read());
    }
    return readingOf(feedDict?.[fetch.name] as TensorLike);
  }

  #named(name: string): Reading {
    const named: Values = { ...this.#options.weights, ...this.#epoch, ...this.#step };
    const value = named[name];
    if (value === undefined) {
      const names = [...Object.keys(this.#step), this.globalStep.name].join(', ');
      throw new ValueError(`No value named '${name}' in this step. There are: ${names}.`);
    }
    return typeof value === 'number' ? scalarReading('float32', Math.fround(value)) : value;
  }
}

function readingOf(value: TensorLike | number): Reading {
  return typeof value === 'number'
    ? scalarReading('number', value)
    : { dtype: value.dtype, shape: value.shape, data: value.dataSync() };
}

/** How a {@link run} goes. */
export interface RunOptions extends FakeHostOptions {
  readonly host?: FakeHost;
  /** How long a step takes. Default 1. */
  readonly secsPerStep?: number;
  /** How long it takes from one step to the next. Default 0. */
  readonly secsBetween?: number;
  /** What happens in a step: may throw. Counted from 0. */
  readonly step?: (index: number, host: FakeHost) => MaybePromise<void>;
  /** How many steps an epoch has. Default: there are no epochs. */
  readonly epochSize?: number;
  /** The metrics of each epoch. */
  readonly epochs?: readonly Values[];
}

/** A run that has ended in order. */
export interface Ran {
  readonly host: FakeHost;
  readonly session: Session;
  /** How many steps were run. */
  readonly steps: number;
  readonly lines: readonly string[];
}

/**
 * Drives hooks through a run: so many steps with the loss 0.5, or one for each entry of `steps`.
 * Throws what a hook or a step threw.
 */
export async function run(
  hooks: SessionRunHook | readonly SessionRunHook[],
  steps: number | readonly Values[],
  options: RunOptions = {},
): Promise<Ran> {
  const host = options.host ?? new FakeHost(options);
  const hooked = new HookedSession('length' in hooks ? hooks : [hooks], host);
  const values = typeof steps === 'number' ? times(steps, { loss: 0.5 }) : steps;
  const done = await new FakeRun(hooked, host, options).run(values);
  return { host, session: hooked.session, steps: done, lines: host.lines };
}

class FakeRun {
  readonly #hooked: HookedSession;
  readonly #host: FakeHost;
  readonly #options: RunOptions;
  #steps = 0;

  constructor(hooked: HookedSession, host: FakeHost, options: RunOptions) {
    this.#hooked = hooked;
    this.#host = host;
    this.#options = options;
  }

  async run(values: readonly Values[]): Promise<number> {
    const { epochSize } = this.#options;
    await this.#hooked.begin();
    if (epochSize === undefined) {
      await this.#runSteps(values);
    } else {
      for (let i = 0; i * epochSize < values.length && !this.#host.stopped; i++) {
        await this.#runEpoch(i, values.slice(i * epochSize, (i + 1) * epochSize));
      }
    }
    await this.#hooked.end();
    return this.#steps;
  }

  async #runEpoch(epoch: number, values: readonly Values[]): Promise<void> {
    this.#host.epoch = epoch;
    await this.#hooked.beforeEpoch(epoch);
    await this.#runSteps(values);
    // As in `fit`: an epoch that is cut short has no validation.
    const own = this.#host.stopped ? {} : (this.#options.epochs?.[epoch] ?? {});
    this.#host.enterEpoch(own);
    await this.#hooked.afterEpoch(epoch, () => ({ ...(own as Record<string, number>) }));
  }

  async #runSteps(values: readonly Values[]): Promise<void> {
    const { secsPerStep = 1, secsBetween = 0, step } = this.#options;
    for (const own of values) {
      if (this.#host.stopped) {
        return;
      }
      this.#host.clock.advance(this.#steps === 0 ? 0 : secsBetween);
      await this.#hooked.beforeStep();
      try {
        await step?.(this.#steps, this.#host);
      } catch (error) {
        await this.#hooked.abort(error);
        throw error;
      }
      this.#host.clock.advance(secsPerStep);
      this.#host.enterStep(own);
      this.#steps += 1;
      await this.#hooked.afterStep();
    }
  }
}
