import { describe, expect, it } from '@jest/globals';

import {
  sessionStartEvent,
  summaryEvent,
  versionEvent,
  type SummaryTensor,
} from '../../adapters/node/event-proto.js';
import { readEvents, type FileEvent, type FileValue } from '../support/event-file-reader.js';
import { tfRecord } from '../support/tf-record.js';

describe('event protos', () => {
  it('hold the version of the file format', () => {
    expect(decoded(versionEvent(1.5))).toEqual({
      wallTime: 1.5,
      step: 0n,
      fileVersion: 'brain.Event:2',
      values: [],
    });
  });

  it('hold the start of a session', () => {
    expect(decoded(sessionStartEvent(2, 7))).toEqual({
      wallTime: 2,
      step: 7n,
      sessionLog: { status: 1 },
      values: [],
    });
  });

  it.each([0, 127, 128, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, -1, -(2 ** 53) + 1])(
    'hold the step %d exactly',
    (step) => {
      expect(decoded(sessionStartEvent(0, step)).step).toBe(BigInt(step));
      expect(decoded(sessionStartEvent(0, BigInt(step))).step).toBe(BigInt(step));
    },
  );

  it.each([2n ** 63n - 1n, -(2n ** 63n)])('hold the step %d exactly', (step) => {
    expect(decoded(sessionStartEvent(0, step)).step).toBe(step);
  });

  it('hold floats', () => {
    const values = Float32Array.of(NaN, Infinity, -Infinity, -0, 0.1);
    const value = summary({ shape: [5], values });

    expect(value).toMatchObject({ plugin: 'scalars', dataClass: 1, dtype: 1, shape: [5] });
    expect(value.floats).toEqual([...values]);
  });

  it('hold doubles', () => {
    const value = summary({ shape: [1, 2], values: Float64Array.of(0.1, -1e300) });

    expect(value).toMatchObject({ dtype: 2, shape: [1, 2], doubles: [0.1, -1e300] });
  });

  it('hold strings and bytes', () => {
    const value = summary({ shape: [2], values: ['é', Uint8Array.of(255, 0)] });

    expect(value.dtype).toBe(7);
    expect(value.strings).toEqual([Buffer.of(0xc3, 0xa9), Buffer.of(255, 0)]);
  });

  // Lengths at which the length of a message around them takes another byte.
  it.each([0, 60, 100, 127, 128, 16_300, 16_383, 16_384, 2_097_152])(
    'hold a tag and a text of %d characters',
    (length) => {
      const text = 'x'.repeat(length);
      const value = summary({ shape: [], values: [text] }, text);

      expect(value.tag).toBe(text);
      expect(value.strings.map(String)).toEqual([text]);
      expect(value.plugin).toBe('scalars');
    },
  );
});

function summary(tensor: SummaryTensor, tag = 'tag'): FileValue {
  const { values } = decoded(summaryEvent(1, 2, { tag, plugin: 'scalars', tensor }));
  expect(values).toHaveLength(1);
  return values[0]!;
}

function decoded(event: Uint8Array): FileEvent {
  const events = readEvents(tfRecord(event));
  expect(events).toHaveLength(1);
  return events[0]!;
}
