// What `#checkpoints` is in a browser. Its types are those of `../tfjs/checkpoints.ts`.
import { nodeOnly } from './node-only.js';

/** Saves and restores checkpoints; called by `new`, as the class is. In Node only. */
export function Saver(): never {
  throw nodeOnly('Saver', " Give CheckpointSaverHook a 'saver' of your own.");
}

/** Finds the newest checkpoint of a directory. In Node only. */
export async function latestCheckpoint(): Promise<never> {
  throw nodeOnly('latestCheckpoint');
}

/** Finds all checkpoints of a directory. In Node only. */
export async function checkpoints(): Promise<never> {
  throw nodeOnly('checkpoints');
}

/** Tells where training stood when a checkpoint was saved. In Node only. */
export async function checkpointInfo(): Promise<never> {
  throw nodeOnly('checkpointInfo');
}

/** Restores the newest checkpoint of a directory. In Node only. */
export async function restoreNewest(): Promise<never> {
  throw nodeOnly('restoreFrom');
}

/** What a checkpoint holds: nobody asks where there are none. */
export function trainingState(): never {
  throw nodeOnly('Saver');
}
