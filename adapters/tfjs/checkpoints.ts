// All that a program takes of checkpoints: what `#checkpoints` is in Node. In a browser it is
// `../browser/checkpoints.ts`, so that a program there carries none of it.
import { openDirectory } from '#platform';
import {
  describeValue,
  infoOf,
  newestCheckpoint,
  restoreLatest,
  ValueError,
  wholeCheckpoints,
} from '../../lib/index.js';
import type { CheckpointInfo, Directory, Session } from '../../lib/index.js';

export { Saver } from '../../lib/index.js';
export { trainingState } from './training-state.js';

/**
 * Finds the newest checkpoint of a directory, by global step, that is whole to the last byte.
 *
 * @param dir - A directory of checkpoints; it need not exist.
 * @returns Its path, or `null` where there is none.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { fileSystem, latestCheckpoint } from 'tfjs-hooks';
 *
 * const path = await latestCheckpoint('run');
 * if (path !== null) {
 *   const model = await tf.loadLayersModel(fileSystem(path));
 * }
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/train/latest_checkpoint
 */
export async function latestCheckpoint(dir: string): Promise<string | null> {
  const newest = await newestCheckpoint(opened('latestCheckpoint', dir));
  return newest?.path ?? null;
}

/**
 * Finds all checkpoints of a directory that are whole to the last byte, oldest first.
 *
 * @param dir - A directory of checkpoints; it need not exist.
 * @returns Their paths.
 *
 * @example
 * ```ts
 * import { checkpoints } from 'tfjs-hooks';
 *
 * console.log(await checkpoints('run')); // ['run/model.ckpt-500', 'run/model.ckpt-1000']
 * ```
 */
export async function checkpoints(dir: string): Promise<string[]> {
  const infos = await wholeCheckpoints(opened('checkpoints', dir));
  return infos.map(({ path }) => path);
}

/**
 * Tells where training stood when a checkpoint was saved: where to go on.
 *
 * @param dirOrPath - A checkpoint, or a directory of them: then the newest that is whole.
 * @returns `null` where none is whole.
 *
 * @example
 * ```ts
 * import { checkpointInfo, toCallback } from 'tfjs-hooks';
 *
 * await model.fit(xs, ys, {
 *   epochs: 100,
 *   initialEpoch: (await checkpointInfo('run'))?.epoch ?? 0,
 *   callbacks: toCallback(hooks, { restoreFrom: 'run' }),
 * });
 * ```
 */
export async function checkpointInfo(dirOrPath: string): Promise<CheckpointInfo | null> {
  return (await infoOf(opened('checkpointInfo', dirOrPath))) ?? null;
}

/** Restores the newest checkpoint of a directory that is whole, if there is any. */
export async function restoreNewest(session: Session, dir: string): Promise<void> {
  await restoreLatest(session, openDirectory(dir));
}

function opened(owner: string, path: unknown): Directory {
  if (typeof path !== 'string' || path === '') {
    throw new ValueError(
      `${owner}: the path must be a non-empty string, but got ${describeValue(path)}.`,
    );
  }
  return openDirectory(path);
}
