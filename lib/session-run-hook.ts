import type { Clock } from './clock.js';
import type { FeedDict, FetchResults, Fetches } from './fetches.js';
import type { Logger } from './logger.js';
import type { MaybePromise } from './maybe-promise.js';
import type { Model } from './model.js';

/** The numbers of a step or an epoch, by metric. */
export type Logs = Record<string, number>;

/** What `fit` tells callbacks of itself. */
export interface Params {
  readonly epochs?: number;
  readonly initialEpoch?: number | null;
  /** Batches of an epoch, where `fit` knows. */
  readonly steps?: number | null;
  readonly batchSize?: number | null;
  readonly samples?: number | null;
  readonly verbose?: number | null;
  readonly doValidation?: boolean;
  /** Names of all metrics, of validation too. */
  readonly metrics?: readonly string[];
  readonly [name: string]: unknown;
}

/** What a hook asks for in a step. */
export interface SessionRunArgs<F extends Fetches = Fetches> {
  readonly fetches?: F | undefined;
}

/** What a hook gets behind a step. */
export interface SessionRunValues<F extends Fetches = Fetches> {
  /** In the structure of the fetches; `undefined` if the hook fetched nothing. */
  readonly results: FetchResults<F>;
}

/** The run, as a hook sees it during a step. */
export interface SessionRunContext {
  readonly session: Session;
  readonly stopRequested: boolean;
  /** Ends training after this step; the first reason given becomes `session.stopReason`. */
  requestStop(reason?: string): void;
}

/** The training that hooks ride along with. */
export interface Session {
  /** Steps completed, as of this process's last step. */
  readonly globalStep: number;
  /** What fetches and log lines call the global step. */
  readonly globalStepName: string;
  /** Counted from 0; where the driver has epochs. */
  readonly epoch?: number | undefined;
  /** What `fit` tells callbacks. */
  readonly params?: Params | undefined;
  /** The `tf.LayersModel`, where there is one. */
  readonly model?: Model | undefined;
  /** Why training stops: the first reason given, by a hook or a signal. */
  readonly stopReason?: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Reads now. Outside a step the name of a metric gives the last completed step's value.
   *
   * @throws {@link ValueError} On an unknown name; the message lists those there are.
   */
  run<const F extends Fetches>(fetches: F, feedDict?: FeedDict): Promise<FetchResults<F>>;
}

/**
 * A small object that rides along with training and has one job. Every method may be left out, and
 * a plain object is a hook.
 *
 * In pseudo-code, what a driver does with its hooks:
 *
 * ```text
 * for hook in hooks: hook.begin(session)
 * restore the checkpoint, where asked
 * for hook in hooks: hook.afterCreateSession(session)
 * for each epoch:                                    # where the driver has epochs
 *   for hook in hooks: hook.beforeEpoch(session, epoch)
 *   until the epoch is over or a stop is requested:
 *     for hook in hooks: hook.beforeRun(context)     # may ask for values
 *     run the step; count it
 *     read what was asked for, once
 *     for hook in hooks: hook.afterRun(context, values)
 *   for hook in hooks: hook.afterEpoch(session, epoch, logs)
 * for hook in hooks: hook.end(session)
 * ```
 *
 * When a hook or the step throws, no further method is called but `abort`, once, of every hook
 * whose `begin` was called and whose `end` was not; the error reaches the caller unchanged.
 *
 * @example
 * ```ts
 * import type { SessionRunHook } from 'tfjs-hooks';
 *
 * const printLoss: SessionRunHook<'loss'> = {
 *   beforeRun: () => ({ fetches: 'loss' }),
 *   afterRun: ({ session }, { results }) => console.log(session.globalStep, results),
 * };
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/SessionRunHook
 */
// `any`: hooks of any fetches go into one array, and no other type is both a super- and a subtype.
// oxlint-disable-next-line typescript/no-explicit-any
export interface SessionRunHook<F extends Fetches = any> {
  /** Called once, before anything runs. Resets the hook: one instance serves several runs. */
  begin?(session: Session): MaybePromise<void>;
  /** Called once model and global step are ready, restored where asked. */
  afterCreateSession?(session: Session): MaybePromise<void>;
  /** Called before each epoch. Not called by drivers without epochs. */
  beforeEpoch?(session: Session, epoch: number): MaybePromise<void>;
  /** Called before each step; says what to read behind it. */
  beforeRun?(context: SessionRunContext): MaybePromise<SessionRunArgs<F> | void>;
  /** Called behind each step. Not called when the step threw. */
  afterRun?(context: SessionRunContext, values: SessionRunValues<F>): MaybePromise<void>;
  /** Called behind each epoch, with its numbers. Not called by drivers without epochs. */
  afterEpoch?(session: Session, epoch: number, logs: Logs): MaybePromise<void>;
  /** Called when training has ended in order. Not called when a step or a hook threw. */
  end?(session: Session): MaybePromise<void>;
  /** Called instead of `end` when training threw. */
  abort?(session: Session, error: unknown): MaybePromise<void>;
}
