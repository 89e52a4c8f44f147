import { candidates, forEachWhole } from './checkpoint-directory.js';
import { DamageError } from './checkpoint-manifest.js';
import { openCheckpoint, readTensors } from './checkpoint-reader.js';
import type { OpenCheckpoint } from './checkpoint-reader.js';
import { readState } from './checkpoint-rotation.js';
import type { RotationEntry } from './checkpoint-rotation.js';
import type { Directory } from './directory.js';
import { ValueError } from './errors.js';
import { setRestored } from './restored.js';
import { hostOf, setGlobalStep } from './session-host.js';
import type { SessionHost } from './session-host.js';
import type { Session } from './session-run-hook.js';

/**
 * Restores the newest checkpoint of a directory that is whole, and warns of each that it had to
 * skip. Does nothing where there is none at all.
 *
 * @throws {@link ValueError} If the directory is a checkpoint, or its newest one is of another model or
 *   optimizer.
 * @throws Error If there are checkpoints, and none is whole.
 */
export async function restoreLatest(session: Session, directory: Directory): Promise<void> {
  const skipped: string[] = [];
  const skip = (path: string, reason: string): void => {
    skipped.push(`${path}: ${reason}`);
    session.logger.warn(`Skipped a checkpoint that is not whole: ${path}: ${reason}.`);
  };
  const gone = await missing(directory);
  let restoredStep: number | undefined;
  await forEachWhole(
    directory,
    async (checkpoint) => {
      await restoreFrom(session, directory, checkpoint, true);
      restoredStep = checkpoint.manifest.globalStep;
      return false;
    },
    skip,
  );
  for (const { name, globalStep } of gone) {
    if (restoredStep === undefined || globalStep > restoredStep) {
      skip(directory.child(name).path, 'it is missing');
    }
  }
  const isRestored = restoredStep !== undefined;
  if (!isRestored && skipped.length > 0) {
    throw new Error(`${directory.path}: none of its checkpoints is whole. ${skipped.join('. ')}.`);
  }
  if (!isRestored && (await isCheckpoint(directory))) {
    throw new ValueError(
      `'restoreFrom' must be the directory that holds the checkpoints, but ${directory.path} is a ` +
        `checkpoint itself.`,
    );
  }
}

/**
 * Restores one checkpoint.
 *
 * @throws {@link ValueError} If it is of another model or optimizer.
 * @throws Error If it is not whole.
 */
export async function restoreCheckpoint(
  session: Session,
  parent: Directory,
  directory: Directory,
  includeOptimizer: boolean,
): Promise<void> {
  try {
    await restoreFrom(session, parent, await openCheckpoint(directory), includeOptimizer);
  } catch (error) {
    throw error instanceof DamageError
      ? new Error(`${directory.path}: the checkpoint is not whole: ${error.message}.`, {
          cause: error,
        })
      : error;
  }
}

async function restoreFrom(
  session: Session,
  parent: Directory,
  checkpoint: OpenCheckpoint,
  includeOptimizer: boolean,
): Promise<void> {
  const host = hostOf('Saver', session);
  const { manifest, path } = checkpoint;
  const isWanted = manifest.tensors.map(({ group }) => includeOptimizer || group !== 'optimizer');
  const saved = {
    tensors: manifest.tensors.filter((_, i) => isWanted[i]),
    optimizer: includeOptimizer ? manifest.optimizer : undefined,
  };
  const state = host.trainingState();
  const differences = state.differences(saved);
  if (differences.length > 0) {
    throw new ValueError(
      `${path}: the checkpoint is of another model or optimizer: ${differences.join('; ')}.`,
    );
  }
  const restore = state.restore(saved);
  try {
    let i = 0;
    await readTensors(checkpoint, (bytes) => {
      if (isWanted[i++] === true) {
        restore.add(bytes);
      }
    });
    restore.commit();
  } finally {
    restore.dispose();
  }
  await restoreGlobalStep(host, manifest.globalStep);
  setGlobalStep('Saver', session, await host.globalStep.value);
  const { globalStep, epoch, batch } = manifest;
  setRestored(session, { directoryId: parent.id, globalStep, epoch, batch });
}

/** What the state file names, and is no directory any more. */
async function missing(directory: Directory): Promise<readonly RotationEntry[]> {
  const state = await readState(directory);
  const found = new Set((await candidates(directory)).map(({ name }) => name));
  return state?.entries.filter(({ name }) => !found.has(name)) ?? [];
}

async function isCheckpoint(directory: Directory): Promise<boolean> {
  try {
    await openCheckpoint(directory);
    return true;
  } catch (error) {
    if (error instanceof DamageError) {
      return false;
    }
    throw error;
  }
}

/** A step that others share never goes back. */
async function restoreGlobalStep({ globalStep }: SessionHost, step: number): Promise<void> {
  if (globalStep.restore !== undefined) {
    await globalStep.restore(step);
    return;
  }
  const missing = step - (await globalStep.value);
  if (missing > 0) {
    await globalStep.increment(missing);
  }
}
