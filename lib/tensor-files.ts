import type { SavedFile, SavedTensor } from './checkpoint-manifest.js';
import { digestOf } from './digest.js';
import type { Directory, WritableFile } from './directory.js';
import { FilesReader } from './files-reader.js';
import { FilesWriter, MAX_FILE_BYTES } from './files-writer.js';
import type { StateSnapshot, StateTensor } from './training-state.js';

/** How much is read at once to be digested: whole mebibytes, and no more than caches hold. */
const PART_BYTES = 2 ** 21;

/** Files with the bytes of tensors, one behind the other; they survive power loss. */
export interface TensorFiles {
  readonly files: readonly SavedFile[];
  readonly tensors: readonly SavedTensor[];
}

interface DigestedFiles {
  readonly files: readonly SavedFile[];
  /** Of each tensor. */
  readonly digests: readonly string[];
}

/**
 * Writes some tensors of a snapshot into new files.
 *
 * @param range - The first of them, and the one behind the last.
 * @param newName - Gives a name that is free in the directory.
 */
export async function writeTensorFiles(
  directory: Directory,
  snapshot: StateSnapshot,
  [first, end]: readonly [number, number],
  newName: () => string,
): Promise<TensorFiles> {
  const tensors = snapshot.tensors.slice(first, end);
  const start = lengthOf(snapshot.tensors.slice(0, first));
  const { files, digests } = await (snapshot.writeTo === undefined
    ? write(directory, tensors, newName)
    : letWrite(directory, tensors, newName, (path, from, to) =>
        snapshot.writeTo?.(path, start + from, start + to),
      ));
  return {
    files,
    tensors: tensors.map(({ name, dtype, shape, group, slot, bytes }, i) => ({
      name,
      dtype,
      shape,
      group,
      slot,
      bytes,
      digest: digests[i] as string,
    })),
  };
}

async function write(
  directory: Directory,
  tensors: readonly StateTensor[],
  newName: () => string,
): Promise<DigestedFiles> {
  const files = new FilesWriter(directory, newName);
  const digests: string[] = [];
  try {
    for (const { read } of tensors) {
      const bytes = await read();
      const appended = files.append(bytes);
      // The platform writes while we compute.
      digests.push(digestOf(directory, bytes));
      await appended;
    }
    return { files: await files.finish(), digests };
  } finally {
    await files.close();
  }
}

/** Has another thread write the bytes; then they are in the memory of the platform, to be read. */
async function letWrite(
  directory: Directory,
  tensors: readonly StateTensor[],
  newName: () => string,
  writeTo: (path: string, start: number, end: number) => Promise<void> | undefined,
): Promise<DigestedFiles> {
  const files: SavedFile[] = [];
  const open: WritableFile[] = [];
  const all = lengthOf(tensors);
  try {
    for (let start = 0; start < all; start += MAX_FILE_BYTES) {
      const end = Math.min(all, start + MAX_FILE_BYTES);
      const name = newName();
      files.push({ name, bytes: end - start });
      open.push(await directory.create(name));
      await writeTo(directory.child(name).path, start, end);
    }
    const [digests] = await Promise.all([
      readDigests(directory, files, tensors),
      Promise.all(open.map((file) => file.sync())),
    ]);
    return { files, digests };
  } finally {
    await Promise.all(open.map((file) => file.close()));
  }
}

async function readDigests(
  directory: Directory,
  files: readonly SavedFile[],
  tensors: readonly StateTensor[],
): Promise<string[]> {
  const reader = new FilesReader(directory, files);
  const buffer = new Uint8Array(PART_BYTES);
  const digests: string[] = [];
  try {
    for (const { bytes } of tensors) {
      let digest = '';
      for (let at = 0; at === 0 || at < bytes; at += PART_BYTES) {
        const part = await reader.read(Math.min(PART_BYTES, bytes - at), buffer);
        digest += digestOf(directory, part);
      }
      digests.push(digest);
    }
    return digests;
  } finally {
    await reader.close();
  }
}

function lengthOf(tensors: readonly StateTensor[]): number {
  return tensors.reduce((sum, { bytes }) => sum + bytes, 0);
}
