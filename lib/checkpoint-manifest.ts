import { isObject } from './options.js';
import type { ModelDocument, SavedOptimizer, SavedState, TensorSpec } from './training-state.js';

/** The file that makes a directory a checkpoint: tfjs's own of a model, else one of ours. */
export const MODEL_FILE = 'model.json';
export const VARIABLES_FILE = 'variables.json';

const FORMAT_VERSION = 1;

/** What a checkpoint says of itself, beyond what tfjs reads. */
export interface Manifest extends SavedState {
  readonly version: number;
  readonly globalStep: number;
  /** The epoch to go on with, and how many of its batches are done. */
  readonly epoch: number;
  readonly batch: number;
  /** When it was saved: milliseconds, as `Date.now()`. */
  readonly time: number;
  readonly rotation: ManifestRotation;
  /** Where the bytes of the tensors lie, one behind the other. */
  readonly files: readonly SavedFile[];
  readonly tensors: readonly SavedTensor[];
}

export interface ManifestRotation {
  /** When it was saved, in the seconds of the session's clock. */
  readonly savedAt: number;
  /** What would have been dropped is kept for good from then on, in the same seconds. */
  readonly keepAfter: number;
  /** Whether it is kept for good. */
  readonly isKept: boolean;
}

export interface SavedFile {
  readonly name: string;
  readonly bytes: number;
}

export interface SavedTensor extends TensorSpec {
  readonly bytes: number;
  readonly digest: string;
}

/** Why a checkpoint cannot be restored: it is not whole. */
export class DamageError extends Error {
  override readonly name: string = 'DamageError';
}

/** The JSON of the manifest file. `portable`: how many files and tensors tfjs itself reads. */
export function manifestDocument(
  manifest: Manifest,
  model: ModelDocument | undefined,
  portable: { readonly files: number; readonly tensors: number },
): object {
  if (model === undefined) {
    return { tfjsHooks: manifest };
  }
  const weights = manifest.tensors
    .slice(0, portable.tensors)
    .map(({ name, shape, dtype, group }) => ({ name, shape, dtype, group }));
  const paths = manifest.files.slice(0, portable.files).map(({ name }) => name);
  return { ...model, weightsManifest: [{ paths, weights }], tfjsHooks: manifest };
}

/**
 * The manifest in the JSON of a manifest file: its names stay within the directory, and its numbers
 * fit together.
 *
 * @throws {@link DamageError} Where they do not.
 */
export function manifestOf(document: Readonly<Record<string, unknown>>): Manifest {
  const manifest = document['tfjsHooks'];
  if (!isObject(manifest)) {
    throw new DamageError('it was not written by a Saver');
  }
  if (manifest['version'] !== FORMAT_VERSION) {
    throw new DamageError(`its format version ${String(manifest['version'])} is unknown`);
  }
  if (!isManifest(manifest)) {
    throw new DamageError('its manifest is malformed');
  }
  const given = sum(manifest.files.map(({ bytes }) => bytes));
  const wanted = sum(manifest.tensors.map(({ bytes }) => bytes));
  if (given !== wanted) {
    throw new DamageError(`its files have ${given} bytes, but its tensors ${wanted}`);
  }
  for (const tensor of manifest.tensors) {
    if (!fits(tensor)) {
      throw new DamageError(`the length of its tensor '${tensor.name}' does not fit its shape`);
    }
  }
  return manifest;
}

export function newManifest(manifest: Omit<Manifest, 'version'>): Manifest {
  return { version: FORMAT_VERSION, ...manifest };
}

/** Whether a name, as files of others may give it, is that of an entry of the same directory. */
export function isEntryName(name: unknown): name is string {
  return typeof name === 'string' && /^(?!\.{1,2}$)[^/\\:\0]+$/.test(name);
}

const BYTES_PER_ELEMENT: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1 };

function fits({ dtype, shape, bytes }: SavedTensor): boolean {
  const size = shape.reduce((product, length) => product * length, 1);
  // A string has four bytes for its length, and then those of its text.
  return dtype === 'string'
    ? bytes >= 4 * size
    : bytes === size * (BYTES_PER_ELEMENT[dtype] ?? NaN);
}

function isManifest(value: object): value is Manifest {
  const manifest = value as Partial<Manifest>;
  return (
    [manifest.globalStep, manifest.epoch, manifest.batch, manifest.time].every(isCount) &&
    isRotation(manifest.rotation) &&
    (manifest.optimizer === undefined || isOptimizer(manifest.optimizer)) &&
    isArrayOf(manifest.files, isFile) &&
    isArrayOf(manifest.tensors, isTensor)
  );
}

function isRotation(value: unknown): value is ManifestRotation {
  return (
    isObject(value) &&
    Number.isFinite(value['savedAt']) &&
    Number.isFinite(value['keepAfter']) &&
    typeof value['isKept'] === 'boolean'
  );
}

function isOptimizer(value: unknown): value is SavedOptimizer {
  return (
    isObject(value) &&
    typeof value['className'] === 'string' &&
    typeof value['isOfModel'] === 'boolean' &&
    isObject(value['scalars']) &&
    Object.values(value['scalars']).every((scalar) => typeof scalar === 'number')
  );
}

function isFile(value: unknown): value is SavedFile {
  return isObject(value) && isEntryName(value['name']) && isCount(value['bytes']);
}

function isTensor(value: unknown): value is SavedTensor {
  return (
    isObject(value) &&
    typeof value['name'] === 'string' &&
    typeof value['dtype'] === 'string' &&
    isArrayOf(value['shape'], isCount) &&
    (value['group'] === undefined || value['group'] === 'optimizer') &&
    (value['slot'] === undefined || isSlot(value['slot'])) &&
    isCount(value['bytes']) &&
    typeof value['digest'] === 'string'
  );
}

function isSlot(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value['list'] === 'string' &&
    isCount(value['index']) &&
    (value['of'] === null || isCount(value['of']))
  );
}

function isArrayOf<T>(value: unknown, is: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(is);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
