import { interop } from './interop.js';
import { parse } from './json.js';

/** What TensorBoard's Python reader found under a tag. */
export interface PythonSummary {
  readonly tag: string;
  readonly plugin: string;
  readonly description: string;
  readonly values: readonly PythonValue[];
}

export interface PythonValue {
  readonly wallTime: number;
  /** An int64 in digits. */
  readonly step: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** In row-major order. */
  readonly values: readonly (number | Bytes)[];
}

/** Bytes, of a string tensor. */
export interface Bytes {
  readonly base64: string;
}

/**
 * The modules of TensorBoard with an `EventAccumulator`: the one that programs use, and the one that
 * TensorBoard itself uses. Only the latter drops what a resumed run does again of summaries in the
 * form of TensorFlow 2, whoever wrote them.
 */
export const ACCUMULATORS = ['event_accumulator', 'plugin_event_accumulator'] as const;
export type Accumulator = (typeof ACCUMULATORS)[number];

/** What an `EventAccumulator` finds in a directory. */
export async function accumulate(
  directory: string,
  module: Accumulator = 'plugin_event_accumulator',
): Promise<PythonSummary[]> {
  return ask('accumulate', directory, module);
}

/** Step and value of each scalar that an `EventAccumulator` finds, by tag. */
export async function pythonScalars(
  directory: string,
  module?: Accumulator,
): Promise<Record<string, [step: string, value: number][]>> {
  const all = await accumulate(directory, module);
  const summaries = all.filter(({ plugin }) => plugin === 'scalars');
  return Object.fromEntries(
    summaries.map(({ tag, values }) => [
      tag,
      values.map(({ step, values: [value] }) => [step, value as number]),
    ]),
  );
}

/** How TensorBoard's own summary sorts values. */
export async function pythonBuckets(
  values: readonly number[],
  buckets: number,
): Promise<number[][]> {
  return ask('buckets', values.map(String), buckets);
}

/** Writes scalars with `tf.summary`. */
export async function writeWithTensorFlow(
  directory: string,
  scalars: readonly (readonly [tag: string, value: number, step: number])[],
): Promise<void> {
  await ask('write_with_tensorflow', directory, scalars);
}

/** What a saved model gives for a value, as Python's `tensorflowjs` loads it. */
export async function kerasPredictions(modelJson: string, value: unknown): Promise<number[][]> {
  return ask('keras_model', modelJson, value);
}

/** What TensorBoard draws of a model: for each node those before it. */
export async function kerasGraph(config: string): Promise<Record<string, string[]>> {
  return ask('keras_graph', config);
}

/** The bytes, as text. */
export function text(value: number | Bytes | undefined): string {
  return bytes(value).toString();
}

export function bytes(value: number | Bytes | undefined): Buffer {
  if (typeof value !== 'object') {
    throw new Error(`Expected bytes, but got ${value}.`);
  }
  return Buffer.from(value.base64, 'base64');
}

async function ask<T>(call: string, ...args: readonly unknown[]): Promise<T> {
  const response = await fetch(interop.python, {
    method: 'POST',
    body: JSON.stringify([call, ...args]),
  });
  const answer = await response.text();
  if (!response.ok) {
    throw new Error(`${call}: ${answer}`);
  }
  return parse(answer) as T;
}
