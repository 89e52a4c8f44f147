import { Buffer } from 'node:buffer';

import { maskedChecksum, remainderBehind, remainderOf, shifted, shiftOver } from './crc32c.js';
import { summaryEvent } from './event-proto.js';
import type { RecordQueue } from './record-queue.js';
import { RECORD_FRAME, RECORD_HEADER } from './tf-record.js';

/** How long a tag may be, in UTF-16 units. */
export const MAX_SCALAR_TAG = 128;

/** How many tags are remembered. */
const MAX_TAGS = 1000;

/** An event begins with its time and its step; one that a number holds takes eight bytes at most. */
const TIME_TAG = 9;
const STEP_TAG = 16;
const STEP_AT = 10;
const MAX_STEP = 8;

/** Behind a value comes the name of its plugin. */
const BEHIND_VALUE = 15;

/** The length in front of a record has eight bytes, of which four are enough here. */
const OVER_LENGTH: Int32Array = shiftOver(8);
const OVER_VALUE: Int32Array = shiftOver(4 + BEHIND_VALUE);

/** What the events of a tag have behind the step. */
interface Summary {
  /** With the value 0. */
  readonly bytes: Uint8Array;
  /** Of these bytes, behind the remainder 0. */
  readonly remainder: number;
  readonly shift: Int32Array;
}

/** By length: of these there are few, as tags are short. */
const shifts = new Map<number, Int32Array>();

/**
 * Makes the records of scalars, each as `writeRecord` makes it of what `summaryEvent` gives. Those of
 * one tag differ in time, step and value alone: nothing else is encoded anew, or goes through the
 * checksum byte by byte, and nothing is allocated.
 */
export class ScalarRecords {
  readonly #summaries = new Map<string, Summary>();
  /** What comes before the step, and its remainder: the same for all events of a millisecond. */
  readonly #head: Buffer = Buffer.of(TIME_TAG, 0, 0, 0, 0, 0, 0, 0, 0, STEP_TAG);
  #remainder = 0;
  #milliseconds = Number.NaN;
  #wallTime = 0;

  /**
   * Adds a record to the queue.
   *
   * @param milliseconds - Since 1970.
   * @param tag - No longer than `MAX_SCALAR_TAG`.
   * @param step - A safe integer, not negative.
   */
  add(queue: RecordQueue, milliseconds: number, tag: string, value: number, step: number): void {
    if (milliseconds !== this.#milliseconds) {
      this.#setTime(milliseconds);
    }
    const summary = this.#summaries.get(tag) ?? this.#remember(tag);
    const { length } = summary.bytes;
    const start = queue.room(RECORD_FRAME + STEP_AT + MAX_STEP + length);
    const { bytes, view } = queue;
    let at = start + RECORD_HEADER;
    bytes[at] = TIME_TAG;
    view.setFloat64(at + 1, this.#wallTime, true);
    at += STEP_AT;
    bytes[at - 1] = STEP_TAG;
    let remainder = this.#remainder;
    let rest = step;
    // Past 32 bits there are no shifts.
    while (rest > 127) {
      const byte = (rest % 128) | 128;
      bytes[at++] = byte;
      remainder = remainderBehind(byte, remainder);
      rest = Math.floor(rest / 128);
    }
    bytes[at++] = rest;
    remainder = remainderBehind(rest, remainder);
    bytes.set(summary.bytes, at);
    at += length;
    const valueAt = at - BEHIND_VALUE - 4;
    view.setFloat32(valueAt, value, true);
    remainder =
      shifted(summary.shift, remainder) ^
      summary.remainder ^
      shifted(OVER_VALUE, view.getInt32(valueAt, true));
    view.setUint32(at, maskedChecksum(remainder), true);
    const payload = at - start - RECORD_HEADER;
    view.setUint32(start, payload, true);
    view.setUint32(start + 4, 0, true);
    view.setUint32(start + 8, maskedChecksum(shifted(OVER_LENGTH, ~payload)), true);
    queue.added(at + 4);
  }

  #setTime(milliseconds: number): void {
    this.#milliseconds = milliseconds;
    this.#wallTime = milliseconds / 1000;
    this.#head.writeDoubleLE(this.#wallTime, 1);
    this.#remainder = remainderOf(this.#head, 0, STEP_AT);
  }

  #remember(tag: string): Summary {
    const tensor = { shape: [], values: Float32Array.of(0) };
    const event = summaryEvent(0, 0, { tag, plugin: 'scalars', tensor });
    const bytes = event.slice(STEP_AT + 1);
    const { length } = bytes;
    const shift = shifts.get(length) ?? shiftOver(length);
    shifts.set(length, shift);
    if (this.#summaries.size === MAX_TAGS) {
      this.#summaries.clear();
    }
    const summary = { bytes, remainder: remainderOf(bytes, 0, length, 0), shift };
    this.#summaries.set(tag, summary);
    return summary;
  }
}
