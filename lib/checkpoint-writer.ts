import {
  manifestDocument,
  MODEL_FILE,
  newManifest,
  VARIABLES_FILE,
} from './checkpoint-manifest.js';
import type { Manifest } from './checkpoint-manifest.js';
import { openCheckpoint } from './checkpoint-reader.js';
import { writeFile } from './directory.js';
import type { Directory } from './directory.js';
import { sealed } from './sealed-json.js';
import { writeTensorFiles } from './tensor-files.js';
import type { StateSnapshot } from './training-state.js';

/** What this package writes into the directory of a checkpoint. */
const OURS = /^(model\.json|variables\.json|(weights|optimizer)(-\d+)?\.bin|tfjs-hooks\.tmp-.*)$/;

/** What a checkpoint says of itself beyond the state in it. */
export type CheckpointLabel = Pick<
  Manifest,
  'globalStep' | 'epoch' | 'batch' | 'time' | 'rotation'
>;

/** Whether an entry of a checkpoint's directory has a name of this package's. */
export function isCheckpointFile(name: string): boolean {
  return OURS.test(name);
}

/** Writes a checkpoint into the new directory of it. */
export async function writeCheckpoint(
  directory: Directory,
  snapshot: StateSnapshot,
  label: CheckpointLabel,
): Promise<void> {
  await directory.make();
  const { file, document } = await writeTensors(directory, snapshot, label, new Set());
  await writeFile(directory, file, sealed(directory, document));
  await directory.sync();
}

/**
 * Writes a checkpoint into the directory of another, which holds the other until, in one step, it
 * holds this one.
 *
 * @param temporaryName - A name that is free in the directory.
 */
export async function replaceCheckpoint(
  directory: Directory,
  snapshot: StateSnapshot,
  label: CheckpointLabel,
  temporaryName: string,
): Promise<void> {
  const before = (await directory.list()).map(({ name }) => name);
  const taken = new Set(before);
  let file: string;
  try {
    const written = await writeTensors(directory, snapshot, label, taken);
    file = written.file;
    await directory.sync();
    await replaceDocument(directory, file, written.document, temporaryName);
  } catch (error) {
    const made = [...taken].filter((name) => !before.includes(name));
    await Promise.allSettled(made.map((name) => directory.remove(name)));
    throw error;
  }
  await directory.sync();
  for (const name of before) {
    if (isCheckpointFile(name) && name !== file) {
      await directory.remove(name);
    }
  }
}

/** Changes what a checkpoint says of itself, in one step. */
export async function relabelCheckpoint(
  directory: Directory,
  label: Partial<CheckpointLabel>,
  temporaryName: string,
): Promise<void> {
  const { file, document, manifest } = await openCheckpoint(directory);
  const changed = { ...document, tfjsHooks: { ...manifest, ...label } };
  await replaceDocument(directory, file, changed, temporaryName);
  await directory.sync();
}

async function replaceDocument(
  directory: Directory,
  file: string,
  document: object,
  temporaryName: string,
): Promise<void> {
  try {
    await writeFile(directory, temporaryName, sealed(directory, document));
    await directory.rename(temporaryName, file);
  } catch (error) {
    await directory.remove(temporaryName).catch(() => {});
    throw error;
  }
}

interface Written {
  readonly file: string;
  readonly document: object;
}

/** Writes the tensors into files of their own, and gives what the manifest file has to say. */
async function writeTensors(
  directory: Directory,
  snapshot: StateSnapshot,
  label: CheckpointLabel,
  taken: Set<string>,
): Promise<Written> {
  const { tensors, model, optimizer } = snapshot;
  // Those that tfjs reads come first.
  const portable = tensors.filter(({ isPortable }) => isPortable).length;
  const weights = await writeTensorFiles(directory, snapshot, [0, portable], () =>
    freeName('weights', taken),
  );
  const rest = await writeTensorFiles(directory, snapshot, [portable, tensors.length], () =>
    freeName('optimizer', taken),
  );
  const manifest = newManifest({
    ...label,
    optimizer,
    files: [...weights.files, ...rest.files],
    tensors: [...weights.tensors, ...rest.tensors],
  });
  const document = manifestDocument(manifest, model, {
    files: weights.files.length,
    tensors: weights.tensors.length,
  });
  return { file: model === undefined ? VARIABLES_FILE : MODEL_FILE, document };
}

function freeName(base: string, taken: Set<string>): string {
  for (let i = 0; ; i++) {
    const name = i === 0 ? `${base}.bin` : `${base}-${i}.bin`;
    if (!taken.has(name)) {
      taken.add(name);
      return name;
    }
  }
}
