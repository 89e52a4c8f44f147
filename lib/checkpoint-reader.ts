import { DamageError, manifestOf, MODEL_FILE, VARIABLES_FILE } from './checkpoint-manifest.js';
import type { Manifest, SavedFile, SavedTensor } from './checkpoint-manifest.js';
import { digestOf } from './digest.js';
import { readText } from './directory.js';
import type { Directory } from './directory.js';
import { FilesReader } from './files-reader.js';
import { unsealed } from './sealed-json.js';

/** More than any model's; less than what fits into a string. */
const MAX_MANIFEST_BYTES = 2 ** 28;

/** A checkpoint whose manifest is whole; whether its tensors are, `readTensors` tells. */
export interface OpenCheckpoint {
  /** The path for the user. */
  readonly path: string;
  readonly directory: Directory;
  readonly manifest: Manifest;
  /** The name of the file that holds the manifest, and all that is in it. */
  readonly file: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/**
 * Reads the manifest of a checkpoint.
 *
 * @throws {@link DamageError} If it is not whole.
 */
export async function openCheckpoint(directory: Directory): Promise<OpenCheckpoint> {
  const file = await damaging(() => manifestFile(directory));
  if (file === undefined) {
    throw new DamageError(`it has neither ${MODEL_FILE} nor ${VARIABLES_FILE}`);
  }
  const text = await damaging(() => readText(directory, file, MAX_MANIFEST_BYTES));
  const document = unsealed(directory, text);
  if (document === undefined) {
    throw new DamageError(
      text.includes('"tfjsHooks":')
        ? `its ${file} does not fit its digest`
        : `its ${file} was not written by a Saver, or is damaged`,
    );
  }
  return { path: directory.path, directory, manifest: manifestOf(document), file, document };
}

/**
 * Reads the tensors of a checkpoint in order, each verified before it is given.
 *
 * @throws {@link DamageError} If one is not whole.
 */
export async function readTensors(
  { directory, manifest }: OpenCheckpoint,
  take: (bytes: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  const bytes = new FilesReader(directory, manifest.files);
  let next: Promise<Uint8Array<ArrayBuffer>> | undefined;
  try {
    // Before anything is allocated by what the manifest says.
    await damaging(() => checkSizes(directory, manifest.files));
    const { tensors } = manifest;
    const readNext = (i: number): Promise<Uint8Array<ArrayBuffer>> =>
      damaging(() => bytes.read(tensors[i]?.bytes ?? 0));
    next = readNext(0);
    for (const [i, tensor] of tensors.entries()) {
      const read = await next;
      // The platform reads on while we compute.
      next = readNext(i + 1);
      verify(directory, tensor, read);
      take(read);
    }
  } finally {
    await next?.catch(() => {});
    await bytes.close();
  }
}

async function manifestFile(directory: Directory): Promise<string | undefined> {
  for (const file of [MODEL_FILE, VARIABLES_FILE]) {
    const stat = await directory.stat(file);
    if (stat !== undefined) {
      return file;
    }
  }
}

async function checkSizes(directory: Directory, files: readonly SavedFile[]): Promise<void> {
  for (const { name, bytes } of files) {
    const stat = await directory.stat(name);
    if (stat?.kind !== 'file') {
      throw new DamageError(`its file ${name} is ${stat === undefined ? 'missing' : 'no file'}`);
    }
    if (stat.size !== bytes) {
      throw new DamageError(`its file ${name} has ${stat.size} bytes instead of ${bytes}`);
    }
  }
}

function verify(
  directory: Directory,
  { name, dtype, shape, digest }: SavedTensor,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  if (digestOf(directory, bytes) !== digest) {
    throw new DamageError(`its tensor '${name}' does not fit its digest`);
  }
  if (dtype === 'string' && !holdsStrings(bytes, shape)) {
    throw new DamageError(`the strings of its tensor '${name}' do not fit its length`);
  }
}

/** Whether the lengths that go before each string add up. */
function holdsStrings(bytes: Uint8Array<ArrayBuffer>, shape: readonly number[]): boolean {
  const view = new DataView(bytes.buffer);
  let offset = 0;
  const size = shape.reduce((product, length) => product * length, 1);
  for (let i = 0; i < size && offset + 4 <= bytes.length; i++) {
    offset += 4 + view.getUint32(offset, true);
    if (offset > bytes.length) {
      return false;
    }
  }
  return offset === bytes.length;
}

/** What cannot be read is damaged: says why in the words of the platform. */
async function damaging<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DamageError) {
      throw error;
    }
    throw new DamageError(error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}
