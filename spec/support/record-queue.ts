import type { RecordQueue } from '../../adapters/node/record-queue.js';

/** What is in a queue, which is empty then. */
export function drained(queue: RecordQueue): Buffer {
  const parts: Buffer[] = [];
  queue.drain((bytes, from, length) => {
    parts.push(Buffer.from(bytes.subarray(from, from + length)));
    return length;
  });
  return Buffer.concat(parts);
}
