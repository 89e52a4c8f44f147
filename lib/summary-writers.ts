import { ValueError } from './errors.js';
import { isPromise } from './maybe-promise.js';
import type { MaybePromise } from './maybe-promise.js';
import { describeValue, objectWith } from './options.js';
import { attachOutput, hostOf } from './session-host.js';
import type { RunOutput, SessionHost } from './session-host.js';
import type { Session } from './session-run-hook.js';
import type { SummaryWriter } from './summary-writer.js';

/** The writers that the hooks of one run opened by `outputDir`: one for each directory. */
export class SummaryWriters implements RunOutput {
  readonly #host: SessionHost;
  readonly #writers = new Map<string, OwnWriter>();

  constructor(host: SessionHost) {
    this.#host = host;
  }

  /** The writer of a directory, opened at the first call. */
  open(dir: string): SummaryWriter {
    const key = this.#host.resolveDirectory(dir);
    let own = this.#writers.get(key);
    if (own === undefined) {
      const target = this.#host.openSummaryWriter(dir);
      const wanted = objectWith('scalar', 'flush')(target);
      if (wanted !== undefined) {
        throw new ValueError(
          `The option 'summaryFileWriter' must give ${wanted}, but gave ${describeValue(target)}.`,
        );
      }
      own = new OwnWriter(target);
      this.#writers.set(key, own);
    }
    return own.writer;
  }

  /** Marks in every file the step that the run does first. */
  async start(step: number): Promise<void> {
    for (const { target } of this.#writers.values()) {
      await target.sessionStart?.(step);
    }
  }

  /** Flushes what was written since the last call: once behind each step, however many hooks wrote. */
  flush(): MaybePromise<void> {
    let pending: Promise<void>[] | undefined;
    for (const own of this.#writers.values()) {
      const flushed = own.flush();
      if (isPromise(flushed)) {
        pending ??= [];
        pending.push(flushed);
      }
    }
    return pending === undefined ? undefined : Promise.all(pending).then(() => {});
  }

  /** Flushes and closes all, also when one fails; throws the first error. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (const { target } of this.#writers.values()) {
      try {
        await target.flush();
      } catch (error) {
        errors.push(error);
      }
      try {
        await target.close?.();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#writers.clear();
    if (errors.length > 0) {
      throw errors[0];
    }
  }
}

/** A writer that remembers whether anything waits for a flush. */
class OwnWriter {
  readonly target: SummaryWriter;
  readonly writer: SummaryWriter;
  #dirty = false;

  constructor(target: SummaryWriter) {
    this.target = target;
    const note = <A extends unknown[], R>(
      method: ((...args: A) => R) | undefined,
    ): ((...args: A) => R) | undefined =>
      method === undefined
        ? undefined
        : (...args: A): R => {
            this.#dirty = true;
            return method.apply(target, args);
          };
    const histogram = note(target.histogram);
    const image = note(target.image);
    const text = note(target.text);
    const graph = note(target.graph);
    this.writer = {
      scalar: (name, value, step) => {
        this.#dirty = true;
        return target.scalar(name, value, step);
      },
      flush: () => this.flush(),
      ...(histogram && { histogram }),
      ...(image && { image }),
      ...(text && { text }),
      ...(target.describe && { describe: target.describe.bind(target) }),
      ...(graph && { graph: once(graph) }),
    };
  }

  flush(): MaybePromise<void> {
    if (this.#dirty) {
      this.#dirty = false;
      return this.target.flush();
    }
  }
}

/** Several hooks of a run write to one file, which needs the network of their model once. */
function once(
  graph: (config: string) => MaybePromise<void>,
): (config: string) => MaybePromise<void> {
  let isWritten = false;
  return (config) => {
    if (!isWritten) {
      isWritten = true;
      return graph(config);
    }
  };
}

const writers = new WeakMap<Session, SummaryWriters>();

/**
 * The writer that a hook was given, or else that of its directory; `undefined` with neither.
 *
 * @throws {@link ValueError} If the session is not one of a driver of this package.
 */
export function writerOf(
  owner: string,
  session: Session,
  { summaryWriter, outputDir }: WriterOptions,
): SummaryWriter | undefined {
  if (summaryWriter !== undefined || outputDir === undefined) {
    return summaryWriter;
  }
  let own = writers.get(session);
  if (own === undefined) {
    own = new SummaryWriters(hostOf(owner, session));
    attachOutput(owner, session, own);
    writers.set(session, own);
  }
  return own.open(outputDir);
}

/** Where a hook writes. */
export interface WriterOptions {
  readonly summaryWriter?: SummaryWriter | undefined;
  readonly outputDir?: string | undefined;
}
