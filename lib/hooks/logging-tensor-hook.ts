import { ignoreLogs } from '../epoch-logs.js';
import { ValueError } from '../errors.js';
import { isFetch, nameOf, toNested, typed } from '../fetches.js';
import type { Fetch, FetchValue, Fetches } from '../fetches.js';
import { formatFixed3, formatReading } from '../format.js';
import {
  boolean,
  checked,
  describeValue,
  func,
  positiveInteger,
  required,
  seconds,
} from '../options.js';
import type { Reading } from '../reading.js';
import { hostOf, isReadable } from '../session-host.js';
import type {
  Session,
  SessionRunArgs,
  SessionRunContext,
  SessionRunHook,
  SessionRunValues,
} from '../session-run-hook.js';
import { NEVER, SecondOrStepTimer } from '../timer.js';
import type { StepTimer } from '../timer.js';

/** Options of {@link LoggingTensorHook}. */
export interface LoggingTensorHookOptions {
  /** What to log: fetches, or a record of them by tag, which is logged in the order of the tags. */
  readonly tensors: readonly Fetch[] | Readonly<Record<string, Fetch>>;
  /** Logs every so many steps of this run, the first included. */
  readonly everyNIter?: number | undefined;
  /** Logs every so many seconds, at the first step too. */
  readonly everyNSecs?: number | undefined;
  /** Whether to log at the end. Default `false`. */
  readonly atEnd?: boolean | undefined;
  /** Makes the line of the values by tag. Default: `loss = 0.5, acc = 0.75 (1.250 sec)`. */
  readonly formatter?: ((values: Record<string, FetchValue>) => string) | undefined;
}

/**
 * Logs values every N steps, every N seconds, or at the end.
 *
 * A metric that only epochs have (`val_loss`) is logged behind each epoch, in a line of its own.
 *
 * @example
 * ```ts
 * import { LoggingTensorHook, toCallback } from 'tfjs-hooks';
 *
 * await model.fit(xs, ys, {
 *   callbacks: toCallback(new LoggingTensorHook({ tensors: ['loss'], everyNIter: 100 })),
 * });
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/LoggingTensorHook
 */
export class LoggingTensorHook implements SessionRunHook<Fetches> {
  readonly #options: Omit<LoggingTensorHookOptions, 'tensors'>;
  readonly #tensors: readonly Tagged[];
  /** Of a record in the order of the user, which a formatter gets. */
  readonly #tags: readonly string[];
  #timer: StepTimer = NEVER;
  #iteration = 0;
  /** Those of the tensors that steps have; the others are metrics of epochs. */
  #ofSteps: readonly Tagged[] = [];
  #ofEpochs: readonly Tagged[] = [];

  /**
   * @throws {@link ValueError} Unless `atEnd` or exactly one of `everyNIter` and `everyNSecs` is
   *   given, and never both of these.
   */
  constructor(options: LoggingTensorHookOptions) {
    const own = checked('LoggingTensorHook', options, {
      tensors: (value) =>
        typeof value === 'object' && !isFetch(value)
          ? undefined
          : 'an array or a record of fetches',
      everyNIter: positiveInteger,
      everyNSecs: seconds,
      atEnd: boolean,
      formatter: func,
    });
    required('LoggingTensorHook', own, 'tensors');
    const { everyNIter, everyNSecs, atEnd = false, tensors } = own;
    const intervals = [everyNIter, everyNSecs].filter((value) => value !== undefined).length;
    if (intervals > 1 || (intervals === 0 && !atEnd)) {
      throw new ValueError(
        `LoggingTensorHook: either 'atEnd' or exactly one of 'everyNIter' and 'everyNSecs' must ` +
          `be given, but got ${intervals === 0 ? 'none' : 'both intervals'}.`,
      );
    }
    this.#options = own;
    this.#tensors = tagged(tensors);
    this.#tags = isArray(tensors) ? [] : Object.keys(tensors);
    ignoreLogs(this);
  }

  begin(session: Session): void {
    const { everyNIter, everyNSecs } = this.#options;
    this.#timer =
      everyNIter === undefined && everyNSecs === undefined
        ? NEVER
        : new SecondOrStepTimer({
            everySteps: everyNIter,
            everySecs: everyNSecs,
            clock: session.clock,
          });
    this.#iteration = 0;
    const host = hostOf('LoggingTensorHook', session);
    const isOfEpochs = ({ fetch }: Tagged): boolean =>
      typeof fetch === 'string' && host.isEpochMetric(fetch);
    this.#ofEpochs = this.#tensors.filter(isOfEpochs);
    this.#ofSteps = this.#tensors.filter((tensor) => !isOfEpochs(tensor));
  }

  beforeRun(): SessionRunArgs | undefined {
    return this.#timer.shouldTriggerForStep(this.#iteration) && this.#ofSteps.length > 0
      ? { fetches: typed(this.#ofSteps.map(({ fetch }) => fetch)) }
      : undefined;
  }

  afterRun({ session }: SessionRunContext, { results }: SessionRunValues): void {
    if (results !== undefined) {
      this.#logStep(session, this.#ofSteps, results as unknown as readonly Reading[]);
    }
    this.#iteration += 1;
  }

  async afterEpoch(session: Session): Promise<void> {
    if (this.#timer === NEVER) {
      return;
    }
    const tensors = this.#epochTensors(session);
    if (tensors.length > 0) {
      session.logger.info(this.#line(tensors, await read(session, tensors)));
    }
  }

  async end(session: Session): Promise<void> {
    if (this.#options.atEnd !== true) {
      return;
    }
    const ofSteps = this.#ofSteps.filter(({ fetch }) =>
      isReadable('LoggingTensorHook', session, fetch),
    );
    const last = new Set([...ofSteps, ...this.#epochTensors(session)]);
    const tensors = this.#tensors.filter((tensor) => last.has(tensor));
    if (tensors.length > 0) {
      this.#logStep(session, tensors, await read(session, tensors));
    }
  }

  #epochTensors(session: Session): readonly Tagged[] {
    const host = hostOf('LoggingTensorHook', session);
    return this.#ofEpochs.filter(({ fetch }) => host.hasEpochMetric(fetch as string));
  }

  #logStep(session: Session, tensors: readonly Tagged[], readings: readonly Reading[]): void {
    const [elapsedSecs] = this.#timer.updateLastTriggeredStep(this.#iteration);
    const line = this.#line(tensors, readings);
    const withTime = elapsedSecs !== null && this.#options.formatter === undefined;
    session.logger.info(withTime ? `${line} (${formatFixed3(elapsedSecs)} sec)` : line);
  }

  #line(tensors: readonly Tagged[], readings: readonly Reading[]): string {
    const { formatter } = this.#options;
    const pairs = tensors.map(({ tag }, i) => [tag, readings[i] as Reading] as const);
    return formatter === undefined
      ? pairs.map(([tag, reading]) => `${tag} = ${formatReading(reading)}`).join(', ')
      : formatter(
          Object.fromEntries(
            pairs
              .sort(([a], [b]) => this.#tags.indexOf(a) - this.#tags.indexOf(b))
              .map(([tag, reading]) => [tag, toNested(reading)]),
          ),
        );
  }
}

interface Tagged {
  readonly tag: string;
  readonly fetch: Fetch;
}

function tagged(tensors: LoggingTensorHookOptions['tensors']): readonly Tagged[] {
  const pairs: readonly (readonly [string, Fetch])[] = isArray(tensors)
    ? tensors.map((fetch, i) => [nameOf(fetch, i), fetch])
    : Object.entries(tensors).sort(([a], [b]) => compareCodePoints(a, b));
  return pairs.map(([tag, fetch]) => {
    if (!isFetch(fetch)) {
      throw new ValueError(
        `LoggingTensorHook: 'tensors' must hold fetches, but '${tag}' is ${describeValue(fetch)}.`,
      );
    }
    return { tag, fetch };
  });
}

/** As Python sorts; JavaScript's `<` goes by UTF-16 units. */
function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a, (char) => char.codePointAt(0) ?? 0);
  const right = Array.from(b, (char) => char.codePointAt(0) ?? 0);
  const at = left.findIndex((point, i) => point !== right[i]);
  return at === -1 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
}

function isArray(value: unknown): value is readonly Fetch[] {
  return Array.isArray(value);
}

async function read(session: Session, tensors: readonly Tagged[]): Promise<readonly Reading[]> {
  const results: unknown = await session.run(typed(tensors.map(({ fetch }) => fetch)));
  return results as readonly Reading[];
}
