import { candidates, openCandidate } from './checkpoint-directory.js';
import type { Candidate } from './checkpoint-directory.js';
import { DamageError } from './checkpoint-manifest.js';
import type { ManifestRotation } from './checkpoint-manifest.js';
import { readState } from './checkpoint-rotation.js';
import type { RotationEntry, RotationState } from './checkpoint-rotation.js';
import type { Directory } from './directory.js';

/**
 * What an earlier run left to rotate: the checkpoints of one name up to a step, by the state file,
 * or where that does not know one, by what the checkpoint says of itself.
 */
export async function foundRotation(
  directory: Directory,
  base: string,
  lastStep: number,
): Promise<RotationState> {
  const state = await readState(directory);
  const known = new Map(state?.entries.map((entry) => [entry.name, entry]));
  const keepAfters = state === undefined ? [] : [state.keepAfter];
  const entries: RotationEntry[] = [];
  for (const candidate of await candidates(directory)) {
    const { name, globalStep } = candidate;
    if (candidate.base !== base || globalStep > lastStep || candidate.kind !== 'directory') {
      continue;
    }
    const entry = known.get(name);
    const said = entry === undefined ? await rotationIn(directory, candidate) : undefined;
    if (entry !== undefined) {
      entries.push(entry);
    } else if (said !== undefined) {
      entries.push({ name, globalStep, savedAt: said.savedAt, isKept: said.isKept });
      keepAfters.push(said.keepAfter);
    }
  }
  // It only ever grows.
  const keepAfter = keepAfters.length === 0 ? Infinity : Math.max(...keepAfters);
  return { entries: entries.reverse(), keepAfter };
}

/** `undefined` of a checkpoint that is not whole: it is left alone. */
async function rotationIn(
  directory: Directory,
  candidate: Candidate,
): Promise<ManifestRotation | undefined> {
  try {
    const { manifest } = await openCandidate(directory.child(candidate.name), candidate);
    return manifest.rotation;
  } catch (error) {
    if (error instanceof DamageError) {
      return undefined;
    }
    throw error;
  }
}
