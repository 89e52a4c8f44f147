import type { Logger, Session, SessionRunHook } from 'tfjs-hooks';

export const LIFECYCLE = [
  'begin',
  'afterCreateSession',
  'beforeEpoch',
  'beforeRun',
  'afterRun',
  'afterEpoch',
  'end',
  'abort',
] as const;

export type Method = (typeof LIFECYCLE)[number];

/** A hook that notes which of its methods were called, and may throw in one of them. */
export class Recorder implements SessionRunHook {
  readonly calls: Method[] = [];
  /** What `abort` was called with. */
  readonly errors: unknown[] = [];
  session: Session | undefined;
  readonly #failing: Method | undefined;
  readonly #error: unknown;

  constructor(failing?: Method, error?: unknown) {
    this.#failing = failing;
    this.#error = error;
  }

  begin(session: Session): void {
    this.session = session;
    this.#note('begin');
  }

  afterCreateSession(): void {
    this.#note('afterCreateSession');
  }

  beforeEpoch(): void {
    this.#note('beforeEpoch');
  }

  beforeRun(): void {
    this.#note('beforeRun');
  }

  afterRun(): void {
    this.#note('afterRun');
  }

  afterEpoch(): void {
    this.#note('afterEpoch');
  }

  end(): void {
    this.#note('end');
  }

  abort(_session: Session, error: unknown): void {
    this.errors.push(error);
    this.#note('abort');
  }

  count(method: Method): number {
    return this.calls.filter((call) => call === method).length;
  }

  #note(method: Method): void {
    this.calls.push(method);
    if (method === this.#failing) {
      throw this.#error;
    }
  }
}

/** A logger that keeps its lines. */
export function lineLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const log = (line: string): void => {
    lines.push(line);
  };
  return { lines, info: log, warn: log, error: log };
}

/** What a promise is rejected with; an error where it is not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  let result: unknown;
  try {
    result = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`Expected a rejection, but got ${JSON.stringify(result)}.`);
}
