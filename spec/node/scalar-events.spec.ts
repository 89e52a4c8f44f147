import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { summaryEvent } from '../../adapters/node/event-proto.js';
import { ScalarEvents } from '../../adapters/node/scalar-events.js';

function usual(wallTime: number, step: number, tag: string, value: number): Uint8Array {
  const tensor = { shape: [], values: Float32Array.of(value) };
  return summaryEvent(wallTime, step, { tag, plugin: 'scalars', tensor });
}

describe('ScalarEvents', () => {
  it('makes what summaryEvent makes', () => {
    const events = new ScalarEvents();
    fc.assert(
      fc.property(
        fc.double({ noNaN: true }),
        fc.maxSafeNat(),
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.float(),
        (wallTime, step, tag, value) => {
          const length = events.make(wallTime, step, tag, value);
          const made = Buffer.from(events.bytes.subarray(0, length));
          expect(made.equals(usual(wallTime, step, tag, value))).toBe(true);
        },
      ),
    );
  });

  it('makes them of more tags than it remembers, and of long ones', () => {
    const events = new ScalarEvents();
    for (let i = 0; i < 2100; i++) {
      const tag = i % 700 === 0 ? `${i}${'x'.repeat(100_000)}` : String(i);
      for (const step of [i, Number.MAX_SAFE_INTEGER]) {
        const length = events.make(i, step, tag, 0.5);
        const made = Buffer.from(events.bytes.subarray(0, length));
        expect(made.equals(usual(i, step, tag, 0.5))).toBe(true);
      }
    }
  });
});
