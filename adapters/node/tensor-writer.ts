import { closeSync, constants, openSync, writev } from 'node:fs';
import type { StateTensor } from '../../lib/index.js';

/** Not to be created here, and no link. */
const FLAGS = constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

/** How much may be on its way to the file: a backend may have made a copy of each tensor. */
const MAX_UNDER_WAY = 2 ** 26;

/** Small tensors are written together. */
const MIN_PART = 2 ** 20;

/**
 * Writes the bytes of tensors from `start` to `end`, counted over all of them, into a file that is
 * empty. What is in memory is not copied, and the threads of the platform write.
 */
export async function writeRange(
  tensors: readonly StateTensor[],
  start: number,
  end: number,
  path: string,
): Promise<void> {
  const file = openSync(path, FLAGS);
  const writes = new Writes(file);
  try {
    let at = 0;
    for (const { bytes, read } of tensors) {
      const [from, to] = [Math.max(start - at, 0), Math.min(end - at, bytes)];
      if (from < to) {
        await writes.add((await read()).subarray(from, to));
      }
      at += bytes;
    }
    await writes.finish();
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  } finally {
    await writes.settle();
    closeSync(file);
  }
}

/** Writes under way, one behind the other in a file. */
class Writes {
  readonly #file: number;
  #position = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  readonly #underWay = new Set<Promise<void>>();
  #bytesUnderWay = 0;

  constructor(file: number) {
    this.#file = file;
  }

  /** Resolves when there is room for more. */
  async add(bytes: Uint8Array): Promise<void> {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= MIN_PART) {
      this.#write();
    }
    while (this.#bytesUnderWay > MAX_UNDER_WAY) {
      await Promise.race(this.#underWay);
    }
  }

  async finish(): Promise<void> {
    this.#write();
    await Promise.all(this.#underWay);
  }

  /** Resolves when nothing is under way any more, whether it succeeded or not. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  #write(): void {
    const [parts, bytes] = [this.#waiting, this.#waitingBytes];
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (bytes > 0) {
      const write = writeAll(this.#file, parts, this.#position);
      this.#position += bytes;
      this.#bytesUnderWay += bytes;
      this.#underWay.add(write);
      // What fails stays, and whoever waits next learns of it.
      write.then(
        () => {
          this.#underWay.delete(write);
          this.#bytesUnderWay -= bytes;
        },
        () => {},
      );
    }
  }
}

/** A full disk may take a part before it refuses. */
async function writeAll(
  file: number,
  parts: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let at = position;
  for (let left = parts; left.length > 0;) {
    const count = await writeSome(file, left, at);
    at += count;
    left = without(left, count);
  }
}

function writeSome(file: number, parts: readonly Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(file, parts, position, (error, count) => {
      if (error === null) {
        resolve(count);
      } else {
        reject(error);
      }
    });
  });
}

function without(parts: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let at = 0;
  for (const [i, part] of parts.entries()) {
    if (at + part.length > count) {
      return [part.subarray(count - at), ...parts.slice(i + 1)];
    }
    at += part.length;
  }
  return [];
}
