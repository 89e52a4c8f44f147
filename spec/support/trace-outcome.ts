import { NanLossDuringTrainingError } from 'tfjs-hooks';

import type { Driven } from './trace-drivers.js';
import { spelledAs } from './trace-lines.js';
import type { RecordedAbort, RunRecord } from './trace-record.js';
import type { RecordedError, RecordedEvent, TrainingWant } from './traces.js';

/** A run as it went, and as it should have: equal, where all is well. */
export interface Comparison {
  readonly got: Readonly<Record<string, unknown>>;
  readonly want: Readonly<Record<string, unknown>>;
}

/** What became of any run. */
export interface RunOutcome {
  readonly record: RunRecord;
  readonly driven: Driven;
  /** What the step throws, where one does. */
  readonly stepError?: Error;
  /** By how many tensors there are more behind the run, less those that tfjs itself leaks. */
  readonly leak: number;
}

/** What became of a training. */
export interface Outcome extends RunOutcome {
  /** `finalOpsValues` behind the run, by the index of the hook. */
  readonly finalOps: Readonly<Record<string, unknown>>;
  /** The session's global step behind the run. */
  readonly globalStep: number | undefined;
  /** `late`: `fit` tells nobody of this error; `never`: and nothing followed that could. */
  readonly abort: 'now' | 'late' | 'never';
}

/** The same list of facts on both sides; what was not recorded, or cannot be seen, on neither. */
export function compareTraining(
  outcome: Outcome,
  want: TrainingWant,
  aborts: readonly RecordedAbort[],
  seesStop: boolean,
): Comparison {
  const { record, driven } = outcome;
  const failed = driven.failure !== undefined;
  return {
    got: {
      ran: record.ran,
      error: describeFailure(outcome),
      stopRequested: driven.stopRequested,
      globalStep: want.globalStep === undefined ? undefined : outcome.globalStep,
      threwAgain: driven.threwAgain,
      seen: record.seen,
      lifecycle: record.lifecycle,
      log: spelledAs(want.log ?? [], record.log),
      checkpoint: record.checkpoint,
      summary: record.summary.filter(isNoFlush),
      flushed: hasFlush(want.summary) ? record.summary.at(-1)?.[1] : undefined,
      sleep: record.sleep,
      finalOps: outcome.finalOps,
      leak: outcome.leak,
      ...gotAborts(outcome, aborts),
    },
    want: {
      ran: want.ran,
      error: want.error,
      stopRequested: seesStop ? want.stopRequested : undefined,
      globalStep: want.globalStep,
      threwAgain: want.again === undefined ? undefined : true,
      seen: want.seen,
      lifecycle: want.lifecycle ?? [],
      log: want.log ?? [],
      checkpoint: want.checkpoint ?? [],
      summary: (want.summary ?? []).filter(isNoFlush).map(asFloat32),
      flushed: hasFlush(want.summary) ? 'flush' : undefined,
      sleep: want.sleep ?? [],
      finalOps: want.finalOps ?? {},
      leak: 0,
      ...wantedAborts(outcome, failed, want),
    },
  };
}

/** What was recorded of an evaluation is less. */
export function compareEvaluation(
  outcome: RunOutcome,
  want: { ran: number; error: RecordedError | null; log?: readonly RecordedEvent[] },
): Comparison {
  const { record, leak } = outcome;
  return {
    got: {
      ran: record.ran,
      error: describeFailure(outcome),
      log: spelledAs(want.log ?? [], record.log),
      leak,
    },
    want: { ran: want.ran, error: want.error, log: want.log ?? [], leak: 0 },
  };
}

function describeFailure({ driven: { failure }, record, stepError }: RunOutcome): unknown {
  if (failure === undefined) {
    return null;
  }
  const { error } = failure;
  if (error === stepError) {
    return { thrownBy: 'step' };
  }
  if (record.thrown[0] === error) {
    return { thrownBy: 'User', message: (error as Error).message };
  }
  return error instanceof NanLossDuringTrainingError
    ? { class: 'NanLossDuringTrainingError', message: error.message }
    : error;
}

function gotAborts({ record, driven, abort }: Outcome, aborts: readonly RecordedAbort[]): object {
  const mine = aborts.filter(({ session }) => session === record.session);
  return abort === 'never'
    ? {}
    : {
        aborted: mine.map(({ watcher }) => watcher).sort(),
        abortErrorsAreOurs:
          abort === 'late' || mine.every(({ error }) => error === driven.failure?.error),
      };
}

function wantedAborts({ abort }: Outcome, failed: boolean, want: TrainingWant): object {
  const events = failed ? (want.lifecycle ?? []) : [];
  const reached = (method: string): unknown[] =>
    events.filter((event) => event[2] === method).map((event) => event[1]);
  const ended = reached('end');
  return abort === 'never'
    ? {}
    : {
        aborted: reached('begin').filter((watcher) => !ended.includes(watcher)),
        abortErrorsAreOurs: true,
      };
}

function hasFlush(summary: readonly RecordedEvent[] = []): boolean {
  return summary.some((event) => !isNoFlush(event));
}

function isNoFlush([, what]: RecordedEvent): boolean {
  return what !== 'flush';
}

function asFloat32([at, what, tag, value, ...step]: RecordedEvent): RecordedEvent {
  return [at, what, tag, rounded(value), ...step];
}

function rounded(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, rounded(item)]));
  }
  return Math.fround(Number(value));
}
