import { describe, expect, it } from '@jest/globals';

import { RecordQueue } from '../../adapters/node/record-queue.js';
import { drained } from '../support/record-queue.js';
import { tfRecord } from '../support/tf-record.js';

const events = [3, 5000, 0, 2_000_000, 70].map((length, i) => new Uint8Array(length).fill(i));
const records = Buffer.concat(events.map(tfRecord));

function filled(): RecordQueue {
  const queue = new RecordQueue();
  events.forEach((event) => queue.add(event));
  return queue;
}

describe('RecordQueue', () => {
  it('gives the records of events in order, of any length', () => {
    const queue = filled();
    expect(queue.count).toBe(events.length);
    expect(drained(queue).equals(records)).toBe(true);
    expect(queue.count).toBe(0);
    expect(drained(queue)).toHaveLength(0);
  });

  it('goes on where a write stopped short or failed, behind what came meanwhile', () => {
    const queue = filled();
    const parts: Buffer[] = [];
    const take = (bytes: Buffer, from: number, length: number): number => {
      parts.push(Buffer.from(bytes.subarray(from, from + length)));
      return length;
    };
    const failing = (bytes: Buffer, from: number): number => {
      if (parts.length === 3) {
        throw new Error('no space left');
      }
      return take(bytes, from, 7);
    };

    expect(() => queue.drain(failing)).toThrow('no space left');
    queue.add(new Uint8Array(5));
    expect(queue.count).toBe(events.length + 1);
    queue.drain(take);
    const wanted = Buffer.concat([records, tfRecord(new Uint8Array(5))]);
    expect(Buffer.concat(parts).equals(wanted)).toBe(true);
  });

  it('does not keep much memory when it is empty', () => {
    const queue = filled();
    expect(queue.bytes.length).toBeGreaterThan(2_000_000);
    drained(queue);
    expect(queue.bytes.length).toBeLessThanOrEqual(2 ** 20);
    queue.free();
    expect(queue.bytes).toHaveLength(0);
    queue.add(new Uint8Array(5));
    expect(drained(queue).equals(tfRecord(new Uint8Array(5)))).toBe(true);
  });
});
