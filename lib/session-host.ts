import type { Clock } from './clock.js';
import type { Directory } from './directory.js';
import { ValueError } from './errors.js';
import { mapFetches } from './fetches.js';
import type { FeedDict, Fetch } from './fetches.js';
import type { GlobalStepLike } from './global-step.js';
import type { Logger } from './logger.js';
import type { Model } from './model.js';
import type { MaybePromise } from './maybe-promise.js';
import type { Reading } from './reading.js';
import type { SaverLike } from './saver.js';
import type { Params, Session } from './session-run-hook.js';
import type { StopSignal } from './stop-signal.js';
import type { SummaryWriter } from './summary-writer.js';
import type { WithTensor } from './summary.js';
import type { TrainingState } from './training-state.js';

/**
 * What the core asks of an adapter: the one interface to implement for a new host. See the page
 * "Writing an adapter".
 */
export interface SessionHost {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly globalStep: GlobalStepLike;
  /** Where the host has epochs: the present one. */
  readonly epoch?: number | undefined;
  readonly params?: Params | undefined;
  readonly model?: Model | undefined;
  /** Stops training when it aborts. */
  readonly signal?: StopSignal | undefined;

  /** Counts the step that is just over, and gives the global step then. */
  countStep(): MaybePromise<number>;
  /**
   * Reads fetches, in order, each one once; the global step's name is never among them. In and
   * behind a step the name of a metric means that step's value.
   *
   * @throws {@link ValueError} On an unknown name; the message lists those there are.
   */
  read(
    fetches: readonly Fetch[],
    session: Session,
    feedDict?: FeedDict,
  ): MaybePromise<readonly Reading[]>;
  /** The names of the metrics of the step that is just over. */
  metricNames(): readonly string[];
  /** Whether a name has no value yet, in a run that has made no step: of a metric, if of anything. */
  isYetToCome(name: string): boolean;
  /** The batch of the step, where the host has batches. */
  readonly batch?: Batch | undefined;
  /** Whether only epochs have a metric of this name, `val_loss` say. */
  isEpochMetric(name: string): boolean;
  /** Whether the epoch that is just over has a metric of this name. */
  hasEpochMetric(name: string): boolean;
  /** Makes a tensor of a reading for the time of a call. */
  readonly withTensor: WithTensor;

  /** Opens the writer of a directory for this run. */
  openSummaryWriter(dir: string): SummaryWriter;
  /**
   * The configuration of the model, as Keras 3 has it in JSON: what TensorBoard draws its graph of.
   * `undefined` where there is no model, or none that can tell.
   */
  modelConfig?(): string | undefined;
  /** One name for all spellings of a directory. */
  resolveDirectory(dir: string): string;
  /** The directory of a path, as the platform keeps them: where checkpoints are. */
  openDirectory(path: string): Directory;
  /**
   * What a checkpoint holds.
   *
   * @throws Error Where there is nothing to save: no model is known, and no variables were given.
   */
  trainingState(): TrainingState;
  /** Where training stands in its epochs: what is over when a checkpoint is saved now. */
  readonly progress?: Progress | undefined;
  /** What saves where neither the hook nor its scaffold names a saver. */
  readonly saver: SaverLike;
  /** Restores, where the user asked for it: between `begin` and `afterCreateSession`. */
  restore?(session: Session): MaybePromise<void>;

  /** Told of work that goes on beside training: until it is over, the event loop should turn often. */
  attend?(work: Promise<unknown>): void;

  /** Ends training after the step in hand. */
  stop(): void;
  /** Whether the run can still go on: false once the host knows that it is over. Default true. */
  readonly alive?: boolean;
  /** Called when the run is over, in order or not: frees what the host holds. */
  close?(): void;
}

/** Where training stands in its epochs. */
export interface Progress {
  /** The epoch to go on with: one cut short is not over. */
  readonly epoch: number;
  /** Batches of that epoch already done. */
  readonly batch: number;
}

/** A batch, as `fit` tells callbacks of it. */
export interface Batch {
  readonly index: number;
  /** How many examples it has, where that is known. */
  readonly size?: number | undefined;
}

/** Where hooks of a run write, beyond their own writers: what its driver tells it. */
export interface RunOutput {
  /** Called when every hook has begun, with the step that the run does first. */
  start(step: number): Promise<void>;
  /** Called behind each step and each epoch. */
  flush(): MaybePromise<void>;
  /** Called when the run is over, in order or not. */
  close(): Promise<void>;
}

interface Backing {
  readonly host: SessionHost;
  readonly requestStop: (reason?: string) => void;
  readonly attach: (output: RunOutput) => void;
  readonly settleAtEnd: (saver: SaverLike) => void;
  readonly setGlobalStep: (step: number) => void;
}

const backings = new WeakMap<Session, Backing>();

/** Notes what stands behind a session. */
export function setBacking(session: Session, backing: Backing): void {
  backings.set(session, backing);
}

/**
 * The host behind a session: what the package's own hooks and savers ask for beyond `Session`.
 *
 * @throws {@link ValueError} If the session is not one of a driver of this package.
 */
export function hostOf(owner: string, session: Session): SessionHost {
  return backingOf(owner, session).host;
}

/** Whether fetches can be read now: before its first step a run has no metrics. */
export function isReadable(owner: string, session: Session, fetches: unknown): boolean {
  const host = hostOf(owner, session);
  let isSo = true;
  mapFetches(owner, fetches, (fetch) => {
    if (typeof fetch === 'string' && fetch !== session.globalStepName && host.isYetToCome(fetch)) {
      isSo = false;
    }
  });
  return isSo;
}

/** Requests a stop outside a step, where a hook has no context. */
export function requestStop(owner: string, session: Session, reason?: string): void {
  backingOf(owner, session).requestStop(reason);
}

/** Adds the run's output: who first needs one brings it, so that others carry none. */
export function attachOutput(owner: string, session: Session, output: RunOutput): void {
  backingOf(owner, session).attach(output);
}

/** Has the run wait for a saver when it is over, in order or not. */
export function settleAtEnd(owner: string, session: Session, saver: SaverLike): void {
  backingOf(owner, session).settleAtEnd(saver);
}

/** Tells the session where training stands behind a restore. */
export function setGlobalStep(owner: string, session: Session, step: number): void {
  backingOf(owner, session).setGlobalStep(step);
}

function backingOf(owner: string, session: Session): Backing {
  const backing = backings.get(session);
  if (backing === undefined) {
    throw new ValueError(`${owner}: needs the session of one of this package's drivers.`);
  }
  return backing;
}
