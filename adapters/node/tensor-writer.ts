import { closeSync, constants, openSync, writev } from 'node:fs';
import type { StateTensor } from '../../lib/index.js';
import { naming } from './naming.js';

/** Not to be created here, and no link. */
const FLAGS = constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

/**
 * How much is copied from a device to be written at once, while as much again is copied. One call at
 * a time: the calls on one file only wait for each other, and take a core to do so.
 */
const MAX_COPIED = 2 ** 25;

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
  try {
    await naming(path, writeParts(file, tensors, start, end));
  } finally {
    closeSync(file);
  }
}

async function writeParts(
  file: number,
  tensors: readonly StateTensor[],
  start: number,
  end: number,
): Promise<void> {
  let position = 0;
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let copied = 0;
  let underWay = Promise.resolve();
  const write = async (): Promise<void> => {
    await underWay;
    underWay = writeAll(file, batch, position);
    // What fails is thrown when it is waited for.
    underWay.catch(() => {});
    position += batchBytes;
    batch = [];
    batchBytes = 0;
    copied = 0;
  };
  try {
    let at = 0;
    for (const { bytes, isInMemory, read } of tensors) {
      const [from, to] = [Math.max(start - at, 0), Math.min(end - at, bytes)];
      if (from < to) {
        const part = (await read()).subarray(from, to);
        batch.push(part);
        batchBytes += part.length;
        copied += isInMemory ? 0 : part.length;
        if (copied >= MAX_COPIED) {
          await write();
        }
      }
      at += bytes;
    }
    await write();
  } finally {
    await underWay;
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
