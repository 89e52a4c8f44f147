import { ValueError } from '../errors.js';
import { typed } from '../fetches.js';
import type { Fetches } from '../fetches.js';
import { ignoreLogs } from '../epoch-logs.js';
import {
  checked,
  exactlyOne,
  isObject,
  nonEmptyString,
  objectWith,
  positiveInteger,
  seconds,
} from '../options.js';
import { isPromise } from '../maybe-promise.js';
import type { MaybePromise } from '../maybe-promise.js';
import type { Reading } from '../reading.js';
import type { Scaffold } from '../scaffold.js';
import { hostOf } from '../session-host.js';
import type {
  Session,
  SessionRunArgs,
  SessionRunContext,
  SessionRunHook,
  SessionRunValues,
} from '../session-run-hook.js';
import { summaryOps, writeSummary } from '../summary.js';
import type { Summary, SummaryOp } from '../summary.js';
import type { SummaryWriter } from '../summary-writer.js';
import { writerOf } from '../summary-writers.js';
import { SecondOrStepTimer } from '../timer.js';

/**
 * Options of {@link SummarySaverHook}: exactly one of `saveSteps` and `saveSecs`, exactly one of
 * `summaryOp` and `scaffold`, and at least one of `outputDir` and `summaryWriter`.
 */
export interface SummarySaverHookOptions {
  /** Writes every so many steps, at the first one too. */
  readonly saveSteps?: number | undefined;
  /** Writes every so many seconds, at the first step too. */
  readonly saveSecs?: number | undefined;
  /** The directory of the event file; used only where no writer is given. */
  readonly outputDir?: string | undefined;
  /** Where to write; flushed at the end, never closed by the hook. */
  readonly summaryWriter?: SummaryWriter | undefined;
  /** Holds what to write, shared with other hooks. */
  readonly scaffold?: Scaffold | undefined;
  /** What to write: one summary, or an array of them. */
  readonly summaryOp?: SummaryOp | undefined;
}

/**
 * Writes summaries every N steps or seconds, for TensorBoard.
 *
 * A metric that only epochs have (`val_loss`) is written behind each epoch. Into the file of an
 * `outputDir` goes the network of the model too, for TensorBoard's graph.
 *
 * @example
 * ```ts
 * import { summary, SummarySaverHook, toCallback } from 'tfjs-hooks';
 *
 * const summaries = new SummarySaverHook({
 *   outputDir: 'run',
 *   saveSteps: 50,
 *   summaryOp: [summary.scalar('loss'), summary.scalar('val_loss')],
 * });
 * await model.fit(xs, ys, { validationSplit: 0.2, callbacks: toCallback(summaries) });
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/SummarySaverHook
 */
export class SummarySaverHook implements SessionRunHook<Fetches> {
  readonly #options: SummarySaverHookOptions;
  readonly #summaries: readonly Summary[];
  #timer: SecondOrStepTimer | undefined;
  #writer: SummaryWriter | undefined;
  /** Those of the summaries that steps have; the others are of metrics of epochs. */
  #ofSteps: readonly Summary[] = [];
  #ofEpochs: readonly Summary[] = [];
  #args: SessionRunArgs | undefined;
  #nextStep: number | null = null;
  #stepBefore = 0;
  #requested = false;

  /** @throws {@link ValueError} Unless the options fit together as said above. */
  constructor(options: SummarySaverHookOptions) {
    const own = checked('SummarySaverHook', options, {
      saveSteps: positiveInteger,
      saveSecs: seconds,
      outputDir: nonEmptyString,
      summaryWriter: objectWith('scalar', 'flush'),
      scaffold: (value) => (isObject(value) ? undefined : 'a Scaffold'),
      summaryOp: () => undefined,
    });
    exactlyOne('SummarySaverHook', own, 'scaffold', 'summaryOp');
    exactlyOne('SummarySaverHook', own, 'saveSteps', 'saveSecs');
    if (own.outputDir === undefined && own.summaryWriter === undefined) {
      throw new ValueError(
        "SummarySaverHook: one of 'outputDir' and 'summaryWriter' must be given, but got neither.",
      );
    }
    this.#options = own;
    const op = own.summaryOp ?? own.scaffold?.summaryOp;
    this.#summaries = op === undefined ? [] : summaryOps('SummarySaverHook', op);
    ignoreLogs(this);
  }

  async begin(session: Session): Promise<void> {
    this.#timer = new SecondOrStepTimer({
      everySteps: this.#options.saveSteps,
      everySecs: this.#options.saveSecs,
      clock: session.clock,
    });
    this.#nextStep = null;
    this.#writer = writerOf('SummarySaverHook', session, this.#options);
    this.#checkKinds();
    const host = hostOf('SummarySaverHook', session);
    const isOfEpochs = ({ fetch }: Summary): boolean =>
      typeof fetch === 'string' && host.isEpochMetric(fetch);
    this.#ofEpochs = this.#summaries.filter(isOfEpochs);
    this.#ofSteps = this.#summaries.filter((one) => !isOfEpochs(one));
    this.#args =
      this.#ofSteps.length === 0
        ? undefined
        : { fetches: typed(this.#ofSteps.map(({ fetch }) => fetch)) };
    for (const { name, description } of this.#summaries) {
      if (description !== undefined) {
        await this.#writer?.describe?.(name, description);
      }
    }
  }

  async afterCreateSession(session: Session): Promise<void> {
    if (this.#options.summaryWriter === undefined && this.#writer?.graph !== undefined) {
      const config = hostOf('SummarySaverHook', session).modelConfig?.();
      if (config !== undefined) {
        await this.#writer.graph(config);
      }
    }
  }

  beforeRun({ session }: SessionRunContext): SessionRunArgs | undefined {
    this.#stepBefore = session.globalStep;
    this.#requested =
      this.#nextStep === null || this.#timer?.shouldTriggerForStep(this.#nextStep) === true;
    return this.#requested ? this.#args : undefined;
  }

  afterRun({ session }: SessionRunContext, { results }: SessionRunValues): MaybePromise<void> {
    // As TensorFlow's: where it wrote nothing it goes by the step it expects, not the one there is.
    const step = this.#requested ? session.globalStep : this.#stepBefore + 1;
    this.#nextStep = step + 1;
    if (this.#requested) {
      this.#timer?.updateLastTriggeredStep(step);
    }
    return results === undefined
      ? undefined
      : this.#write(session, this.#ofSteps, results as unknown as readonly Reading[], 0);
  }

  async afterEpoch(session: Session): Promise<void> {
    const host = hostOf('SummarySaverHook', session);
    const present = this.#ofEpochs.filter(({ fetch }) => host.hasEpochMetric(fetch as string));
    if (present.length > 0) {
      const results: unknown = await session.run(typed(present.map(({ fetch }) => fetch)));
      await this.#write(session, present, results as readonly Reading[], 0);
    }
  }

  async end(): Promise<void> {
    await this.#options.summaryWriter?.flush();
  }

  async abort(): Promise<void> {
    await this.#options.summaryWriter?.flush();
  }

  /** Writes from one of the summaries on; waits for nothing where the writer does not. */
  #write(
    session: Session,
    summaries: readonly Summary[],
    readings: readonly Reading[],
    from: number,
  ): MaybePromise<void> {
    const { withTensor } = hostOf('SummarySaverHook', session);
    const writer = this.#writer as SummaryWriter;
    const step = session.globalStep;
    for (let i = from; i < summaries.length; i++) {
      const [one, reading] = [summaries[i] as Summary, readings[i] as Reading];
      const written = writeSummary(writer, one, reading, step, withTensor);
      if (isPromise(written)) {
        return written.then(() => this.#write(session, summaries, readings, i + 1));
      }
    }
  }

  #checkKinds(): void {
    for (const { kind, name, description } of this.#summaries) {
      this.#checkMethod(kind, `the summary '${name}'`);
      if (description !== undefined) {
        this.#checkMethod('describe', `the description of '${name}'`);
      }
    }
  }

  #checkMethod(method: Summary['kind'] | 'describe', what: string): void {
    if (typeof this.#writer?.[method] !== 'function') {
      throw new ValueError(
        `SummarySaverHook: the writer has no method '${method}', which ${what} needs.`,
      );
    }
  }
}
