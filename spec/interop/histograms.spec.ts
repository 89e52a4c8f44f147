import { join } from 'node:path';

import { beforeAll, describe, expect, it } from '@jest/globals';
import { eventFileWriter } from 'tfjs-hooks';

import { accumulate, pythonBuckets } from './support/python-reader.js';
import type { PythonSummary } from './support/python-reader.js';
import { newRun } from './support/tensorboard.js';

interface Case {
  readonly name: string;
  readonly values: readonly number[];
  readonly buckets: number;
}

/** The numbers of a generator with a seed, from 0 to 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function randomCases(): Case[] {
  const next = random(1);
  return Array.from({ length: 40 }, (_, i) => {
    const scale = 10 ** Math.floor(next() * 20 - 10);
    const length = 1 + Math.floor(next() * 300);
    const values = Array.from({ length }, () => Math.fround((next() - 0.5) * scale));
    return { name: `random ${i}`, values, buckets: 1 + Math.floor(next() * 60) };
  });
}

const cases: readonly Case[] = [
  { name: 'nothing', values: [], buckets: 30 },
  { name: 'nothing, in one bucket', values: [], buckets: 1 },
  { name: 'one value', values: [3], buckets: 30 },
  { name: 'zeros', values: [0, 0, 0], buckets: 5 },
  { name: 'the same value, often', values: Array<number>(1000).fill(-2.5), buckets: 30 },
  { name: 'two values', values: [0, 1], buckets: 30 },
  { name: 'values on the edges', values: [0, 1, 2, 3, 4, 5], buckets: 5 },
  { name: 'one bucket', values: [1, 2, 3], buckets: 1 },
  { name: 'neighbours', values: [1, 1 + 2 ** -23], buckets: 30 },
  // Smaller ones yet are zeros to TensorFlow.
  { name: 'the smallest numbers', values: [2 ** -126, 2 ** -125, 0], buckets: 3 },
  { name: 'the largest numbers', values: [-3e38, 3e38, 0], buckets: 4 },
  { name: 'NaN alone', values: [Number.NaN], buckets: 3 },
  { name: 'NaN among others', values: [1, Number.NaN, 2], buckets: 3 },
  { name: 'infinity alone', values: [Infinity], buckets: 3 },
  { name: 'infinity among others', values: [1, 2, Infinity], buckets: 3 },
  { name: 'minus infinity among others', values: [-Infinity, 1, 2], buckets: 3 },
  { name: 'both infinities', values: [-Infinity, 0, Infinity], buckets: 3 },
  ...randomCases(),
];

describe('a histogram', () => {
  let written: readonly PythonSummary[];

  beforeAll(async () => {
    const directory = join(newRun('histograms'));
    const writer = eventFileWriter(directory);
    for (const { name, values, buckets } of cases) {
      writer.histogram(name, Float32Array.from(values), 1, buckets);
    }
    writer.close();
    written = await accumulate(directory);
  });

  it.each(cases)("of $name is sorted as TensorBoard's own", async ({ name, values, buckets }) => {
    const [own] = written.find(({ tag }) => tag === name)?.values ?? [];
    const theirs = await pythonBuckets(values, buckets);
    expect(own?.shape).toEqual([buckets, 3]);
    const rows = Array.from({ length: buckets }, (_, i) => own?.values.slice(3 * i, 3 * i + 3));
    expect(rows.map((row) => row?.[2])).toEqual(theirs.map((row) => row[2]));
    // TensorFlow's linspace rounds on its way: the edges agree but for their last digits.
    const range = Math.max(...values) - Math.min(...values);
    const isClose = (a: unknown, b: unknown): boolean =>
      Object.is(a, b) || Math.abs(Number(a) - Number(b)) <= 1e-12 * range;
    expect(
      rows.filter(
        (row, i) => !isClose(row?.[0], theirs[i]?.[0]) || !isClose(row?.[1], theirs[i]?.[1]),
      ),
    ).toEqual([]);
  });
});
