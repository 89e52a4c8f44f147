import * as tf from '@tensorflow/tfjs';
import { MonitoredSession, evaluate, toCallback } from 'tfjs-hooks';
import type { Clock, Logger, MaybePromise, SessionRunHook } from 'tfjs-hooks';

import type { StepValues, TraceModel } from './trace-model.js';

/** A driver to replay a scenario through; `evaluate` takes its data in two forms. */
export type TrainingDriver = 'monitored' | 'fit';
export type EvaluationDriver = 'monitored' | 'evaluate' | 'evaluateDataset';

/** A counter of steps, in the shape that drivers take. */
export interface Counter {
  readonly name: string;
  readonly value: MaybePromise<number>;
  increment(by?: number): MaybePromise<number>;
}

/** The same counter, but it answers later, as one that several workers share. */
export function sharedCounter(counter: Counter): Counter {
  return {
    name: counter.name,
    get value() {
      return Promise.resolve(counter.value);
    },
    increment: async (by) => counter.increment(by),
  };
}

export interface DriverOptions {
  readonly hooks: readonly SessionRunHook[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly globalStep?: Counter;
}

/** What the user of a driver saw of a run. */
export interface Driven {
  /** What was thrown, if something was. */
  readonly failure?: { readonly error: unknown };
  readonly stopRequested?: boolean;
  /** Whether running after the stop threw. */
  readonly threwAgain?: boolean;
}

type StepResult = tf.Scalar | number | Record<string, tf.Scalar | number> | void;

/** A loop around {@link MonitoredSession}. */
export async function driveMonitored(
  steps: number,
  step: (index: number) => StepResult,
  options: DriverOptions & { readonly model?: tf.LayersModel },
  runAfterStop: boolean = false,
): Promise<Driven> {
  let stopRequested = false;
  let threwAgain: boolean | undefined;
  try {
    const session = new MonitoredSession({ ...options, hooks: [...options.hooks] });
    await session.begin();
    for (let i = 0; i < steps && !session.shouldStop; i++) {
      await session.run(() => step(i));
    }
    stopRequested = session.shouldStop;
    if (runAfterStop && stopRequested) {
      threwAgain = await throws(() => session.run(() => step(steps)));
    }
    await session.close();
  } catch (error) {
    return { failure: { error } };
  }
  return { stopRequested, ...(threwAgain !== undefined && { threwAgain }) };
}

/** `fit` with one callback. */
export async function driveFit(
  steps: number,
  trace: TraceModel,
  { hooks, ...options }: DriverOptions,
): Promise<Driven> {
  return failureOf(async () => trace.fit(steps, toCallback([...hooks], options)));
}

/** `evaluate` over rows in batches of one, as a pair of tensors or as a dataset. */
export async function driveEvaluate(
  batches: number,
  trace: TraceModel,
  form: 'evaluate' | 'evaluateDataset',
  options: DriverOptions,
): Promise<Driven> {
  const hooks = [...options.hooks];
  if (form === 'evaluateDataset') {
    const rows = Array.from({ length: batches }, () => ({ xs: [0, 0], ys: [0] }));
    const dataset = tf.data.array(rows).batch(1);
    return failureOf(async () => evaluate(trace.model, dataset, { ...options, hooks }));
  }
  const xs = tf.zeros([batches, 2]);
  const ys = tf.zeros([batches, 1]);
  const driven = await failureOf(async () =>
    evaluate(trace.model, [xs, ys], { ...options, hooks, batchSize: 1 }),
  );
  tf.dispose([xs, ys]);
  return driven;
}

/** What a step of a loop returns: in turn one of the forms that a loop may give its numbers in. */
export function stepResult(index: number, { loss, acc }: StepValues): StepResult {
  const bare = acc === undefined;
  switch (index % 4) {
    case 0:
      return bare ? { loss } : { loss, acc };
    case 1:
      return bare ? tf.scalar(loss) : { loss: tf.scalar(loss), acc: tf.scalar(acc) };
    case 2:
      return bare ? loss : { loss, acc: tf.scalar(acc) };
    default:
      return bare ? { loss: tf.scalar(loss) } : { loss: tf.scalar(loss), acc };
  }
}

async function failureOf(run: () => Promise<unknown>): Promise<Driven> {
  try {
    await run();
    return {};
  } catch (error) {
    return { failure: { error } };
  }
}

async function throws(run: () => Promise<unknown>): Promise<boolean> {
  return (await failureOf(run)).failure !== undefined;
}
