import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { summaryEvent } from '../../adapters/node/event-proto.js';
import { RecordQueue } from '../../adapters/node/record-queue.js';
import { MAX_SCALAR_TAG, ScalarRecords } from '../../adapters/node/scalar-records.js';
import { tfRecord } from '../support/tf-record.js';
import { drained } from '../support/record-queue.js';

interface Scalar {
  readonly milliseconds: number;
  readonly tag: string;
  readonly value: number;
  readonly step: number;
}

/** As any other summary is written. */
function usual({ milliseconds, tag, value, step }: Scalar): Buffer {
  const tensor = { shape: [], values: Float32Array.of(value) };
  return tfRecord(summaryEvent(milliseconds / 1000, step, { tag, plugin: 'scalars', tensor }));
}

function made(records: ScalarRecords, scalars: readonly Scalar[]): Buffer {
  const queue = new RecordQueue();
  for (const { milliseconds, tag, value, step } of scalars) {
    records.add(queue, milliseconds, tag, value, step);
  }
  expect(queue.count).toBe(scalars.length);
  return drained(queue);
}

const values = fc.oneof(fc.float(), fc.double(), fc.constantFrom(NaN, -0, 1e-45, 1e300, -Infinity));
const steps = fc.oneof(
  fc.maxSafeNat(),
  fc.constantFrom(0, 127, 128, 2 ** 31, 2 ** 32, 2 ** 49, Number.MAX_SAFE_INTEGER),
);
const tags = fc.string({ unit: 'binary', maxLength: MAX_SCALAR_TAG / 2 });

describe('ScalarRecords', () => {
  it('makes the records that other summaries are written in, byte for byte', () => {
    const records = new ScalarRecords();
    const times = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, 1.8e12));
    const scalar = fc.record({ milliseconds: times, tag: tags, value: values, step: steps });
    fc.assert(
      fc.property(fc.array(scalar, { minLength: 1, maxLength: 50 }), (scalars) => {
        const wanted = Buffer.concat(scalars.map(usual));
        expect(made(records, scalars).equals(wanted)).toBe(true);
      }),
    );
  });

  it('makes them within a millisecond, and where time goes back', () => {
    const scalars = [5, 5, 6, 6, 5, 5].map((milliseconds, i) => ({
      milliseconds,
      tag: i % 2 === 0 ? 'loss' : 'acc',
      value: i / 3,
      step: i,
    }));
    const wanted = Buffer.concat(scalars.map(usual));
    expect(made(new ScalarRecords(), scalars).equals(wanted)).toBe(true);
  });

  it('makes them of more tags than it remembers, and of the longest', () => {
    const scalars = Array.from({ length: 2100 }, (_, i) => ({
      milliseconds: i,
      tag: String(i % 1050).padEnd(i % 700 === 0 ? MAX_SCALAR_TAG : 0, '損'),
      value: 0.5,
      step: i,
    }));
    const wanted = Buffer.concat(scalars.map(usual));
    expect(made(new ScalarRecords(), scalars).equals(wanted)).toBe(true);
  });
});
