import { DamageError } from './checkpoint-manifest.js';
import { openCheckpoint, readTensors } from './checkpoint-reader.js';
import type { OpenCheckpoint } from './checkpoint-reader.js';
import { readState } from './checkpoint-rotation.js';
import { isCheckpointFile } from './checkpoint-writer.js';
import { OUR_PREFIX } from './directory-owner.js';
import type { Directory, EntryKind } from './directory.js';

/** What a checkpoint says of the training that it holds. */
export interface CheckpointInfo {
  /** The path of the checkpoint, `run/model.ckpt-500`. */
  readonly path: string;
  readonly globalStep: number;
  /** Where `initialEpoch` should go on: an epoch cut short is not over. */
  readonly epoch: number;
  /** Batches of that epoch already done. */
  readonly batch: number;
  /** When it was saved: milliseconds, as `Date.now()`. */
  readonly time: number;
}

/** What may be a checkpoint, by its name. */
export interface Candidate {
  readonly name: string;
  readonly base: string;
  readonly globalStep: number;
  readonly kind: EntryKind;
}

/** Hears of each checkpoint that is not whole, and why. */
export type OnSkip = (path: string, reason: string) => void;

/** All that may be checkpoints, newest first. */
export async function candidates(directory: Directory): Promise<readonly Candidate[]> {
  const found: Candidate[] = [];
  for (const { name, kind } of await directory.list()) {
    const [, base, step] = /^(.+)-(\d{1,16})$/s.exec(name) ?? [];
    const isOurs = name.startsWith(OUR_PREFIX);
    if (base !== undefined && !isOurs && (kind === 'directory' || kind === 'link')) {
      found.push({ name, base, globalStep: Number(step), kind });
    }
  }
  return found.sort((a, b) => b.globalStep - a.globalStep || (a.name < b.name ? -1 : 1));
}

/**
 * Uses the checkpoints of a directory that are whole, newest first.
 *
 * @param use - Says whether to go on to the next older one.
 */
export async function forEachWhole(
  directory: Directory,
  use: (checkpoint: OpenCheckpoint) => Promise<boolean>,
  onSkip: OnSkip = () => {},
): Promise<void> {
  for (const candidate of await candidates(directory)) {
    const child = directory.child(candidate.name);
    try {
      if (!(await use(await openCandidate(child, candidate)))) {
        return;
      }
    } catch (error) {
      if (!(error instanceof DamageError)) {
        throw error;
      }
      if (await isMeantToBeOne(directory, candidate)) {
        onSkip(child.path, error.message);
      }
    }
  }
}

/** The newest checkpoint that is whole. */
export async function newestCheckpoint(directory: Directory): Promise<CheckpointInfo | undefined> {
  let newest: CheckpointInfo | undefined;
  await forEachWhole(directory, async (checkpoint) => {
    newest = await verifiedInfo(checkpoint);
    return false;
  });
  return newest;
}

/** All checkpoints that are whole, oldest first. */
export async function wholeCheckpoints(directory: Directory): Promise<readonly CheckpointInfo[]> {
  const infos: CheckpointInfo[] = [];
  await forEachWhole(directory, async (checkpoint) => {
    infos.push(await verifiedInfo(checkpoint));
    return true;
  });
  return infos.reverse();
}

/** Of a checkpoint if the directory is one, else of the newest one in it that is whole. */
export async function infoOf(directory: Directory): Promise<CheckpointInfo | undefined> {
  try {
    return await verifiedInfo(await openCheckpoint(directory));
  } catch (error) {
    if (!(error instanceof DamageError)) {
      throw error;
    }
    return newestCheckpoint(directory);
  }
}

/** The manifest of what may be a checkpoint. */
export async function openCandidate(
  directory: Directory,
  { kind, globalStep }: Candidate,
): Promise<OpenCheckpoint> {
  if (kind === 'link') {
    throw new DamageError('it is a symbolic link');
  }
  const checkpoint = await openCheckpoint(directory);
  if (checkpoint.manifest.globalStep !== globalStep) {
    throw new DamageError(`its manifest is of step ${checkpoint.manifest.globalStep}`);
  }
  return checkpoint;
}

async function verifiedInfo(checkpoint: OpenCheckpoint): Promise<CheckpointInfo> {
  await readTensors(checkpoint, () => {});
  const { globalStep, epoch, batch, time } = checkpoint.manifest;
  return { path: checkpoint.path, globalStep, epoch, batch, time };
}

/** A directory may have a name like a checkpoint's without being one. */
async function isMeantToBeOne(directory: Directory, { name, kind }: Candidate): Promise<boolean> {
  if (kind === 'link') {
    return true;
  }
  const inside = await directory.child(name).list();
  if (inside.some((entry) => isCheckpointFile(entry.name))) {
    return true;
  }
  const state = await readState(directory);
  return state?.entries.some((entry) => entry.name === name) ?? false;
}
