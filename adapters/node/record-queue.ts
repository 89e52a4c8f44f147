import { Buffer } from 'node:buffer';

import { RECORD_FRAME, writeRecord } from './tf-record.js';

/** Records that are not in the file yet, one behind the other in one piece of memory. */
export class RecordQueue {
  /** How many there are; of the first a part may be in the file. */
  count = 0;
  #bytes: Buffer = Buffer.allocUnsafe(MIN_BYTES);
  #view: DataView = viewOf(this.#bytes);
  #from = 0;
  #to = 0;

  /** The memory: until room is made the next time. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** The same, to write numbers into. */
  get view(): DataView {
    return this.#view;
  }

  /** Makes room for a record of so many bytes at most, and tells where: {@link added} follows. */
  room(length: number): number {
    const needed = this.#to + length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#to);
      this.#take(larger);
    }
    return this.#to;
  }

  /** Takes the record that was written there. */
  added(end: number): void {
    this.#to = end;
    this.count += 1;
  }

  add(event: Uint8Array): void {
    const at = this.room(RECORD_FRAME + event.length);
    this.added(writeRecord(this.#bytes, at, event));
  }

  /**
   * Empties the queue: what is not taken when `write` throws stays.
   *
   * @param write - Takes some of so many bytes from one place on, and tells how many.
   */
  drain(write: (bytes: Buffer, from: number, length: number) => number): void {
    while (this.#from < this.#to) {
      // At once: when the next write fails, a later one must go on exactly here.
      this.#from += write(this.#bytes, this.#from, this.#to - this.#from);
    }
    this.#from = 0;
    this.#to = 0;
    this.count = 0;
    if (this.#bytes.length > MAX_IDLE_BYTES) {
      this.#take(Buffer.allocUnsafe(MIN_BYTES));
    }
  }

  /** Gives the memory back. */
  free(): void {
    this.#from = 0;
    this.#to = 0;
    this.#take(Buffer.alloc(0));
  }

  #take(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }
}

const MIN_BYTES = 4096;
/** What an empty queue keeps at most. */
const MAX_IDLE_BYTES = 2 ** 20;

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
