import { Buffer } from 'node:buffer';

import { summaryEvent } from './event-proto.js';

/** How many tags are remembered. */
const MAX_TAGS = 1000;

/** Time and step come first; a step that a number holds takes eight bytes at most. */
const TIME_TAG = 9;
const STEP_TAG = 16;
const STEP_AT = 10;
const MAX_BEFORE_SUMMARY: number = STEP_AT + 8;

/** Behind a value comes the name of its plugin. */
const BYTES_BEHIND_VALUE = 15;

/**
 * Makes the events of scalars, each as `summaryEvent` does it. Those of one tag differ in time, step
 * and value alone: nothing else is encoded anew, and nothing is allocated.
 */
export class ScalarEvents {
  readonly #summaries = new Map<string, Uint8Array>();
  #bytes: Buffer = Buffer.allocUnsafe(256);

  /** The last event, from the start on. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /**
   * @param step - A safe integer, not negative.
   * @returns The length of the event.
   */
  make(wallTime: number, step: number, tag: string, value: number): number {
    const summary = this.#summaries.get(tag) ?? this.#remember(tag);
    const bytes = this.#bytes;
    bytes[0] = TIME_TAG;
    bytes.writeDoubleLE(wallTime, 1);
    bytes[STEP_AT - 1] = STEP_TAG;
    let at = STEP_AT;
    let rest = step;
    // Past 32 bits there are no shifts.
    while (rest > 127) {
      bytes[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    bytes[at++] = rest;
    const { length } = summary;
    // Short as it is, a loop is faster than a call.
    for (let i = 0; i < length; i++) {
      bytes[at + i] = summary[i]!;
    }
    at += length;
    bytes.writeFloatLE(value, at - BYTES_BEHIND_VALUE - 4);
    return at;
  }

  #remember(tag: string): Uint8Array {
    const tensor = { shape: [], values: Float32Array.of(0) };
    const event = summaryEvent(0, 0, { tag, plugin: 'scalars', tensor });
    const summary = event.slice(STEP_AT + 1);
    if (this.#summaries.size === MAX_TAGS) {
      this.#summaries.clear();
    }
    this.#summaries.set(tag, summary);
    if (this.#bytes.length < MAX_BEFORE_SUMMARY + summary.length) {
      this.#bytes = Buffer.allocUnsafe(MAX_BEFORE_SUMMARY + summary.length);
    }
    return summary;
  }
}
