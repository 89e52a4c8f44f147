import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { inTurn, isObject, ValueError } from '../../lib/index.js';
import type { Directory, ModelArtifacts, ModelIO, ModelSaveResult } from '../../lib/index.js';
import { shown } from './checks.js';
import { openDirectory } from './directory.js';
import { byteLengthOf, byteSource } from './weight-specs.js';

const MODEL_FILE = 'model.json';

/** What is kept of a model beside its weights, as it is. */
const KEPT = [
  'modelTopology',
  'format',
  'generatedBy',
  'convertedBy',
  'trainingConfig',
  'userDefinedMetadata',
  'signature',
  'modelInitializer',
  'initializerSignature',
] as const satisfies readonly (keyof ModelArtifacts)[];

/** Saves and loads models of plain tfjs in a directory: a `tf.io.IOHandler`. */
export function fileSystem(path: string): ModelIO {
  if (typeof path !== 'string' || path === '') {
    throw new ValueError(
      `fileSystem: the path must be a non-empty string, but got ${shown(path)}.`,
    );
  }
  return {
    save: (artifacts) => {
      const directory = openDirectory(path);
      // Each takes away what the one before has written.
      return inTurn(directory, () => saveModel(directory, artifacts));
    },
    load: () => loadModel(path),
  };
}

async function saveModel(
  directory: Directory,
  artifacts: ModelArtifacts,
): Promise<ModelSaveResult> {
  const { modelTopology, weightSpecs = [] } = artifacts;
  if (!isObject(modelTopology) || isArrayBuffer(modelTopology)) {
    throw new ValueError(
      `fileSystem: ${directory.path}: the topology must be JSON, but is ${shown(modelTopology)}.`,
    );
  }
  const buffers = buffersOf(artifacts.weightData);
  checkLength(directory.path, weightSpecs, buffers);
  await directory.make();
  const before = (await directory.list()).map(({ name }) => name);
  const made = new Names(before);
  try {
    const weights = await writeWeights(directory, buffers, made);
    const document = JSON.stringify({
      ...Object.fromEntries(KEPT.map((key) => [key, artifacts[key]])),
      weightsManifest: [{ paths: weights, weights: weightSpecs }],
    });
    const temporary = made.free('tfjs-hooks.tmp', '');
    await write(directory, temporary, [document]);
    await directory.sync();
    await directory.rename(temporary, MODEL_FILE);
    await directory.sync();
  } catch (error) {
    await Promise.allSettled(made.all.map((name) => directory.remove(name)));
    throw error;
  }
  // Of the model before: nothing refers to it any more.
  for (const name of before) {
    if (/^(weights|optimizer)(-\d+)?\.bin$/.test(name)) {
      await directory.remove(name);
    }
  }
  return {
    modelArtifactsInfo: {
      dateSaved: new Date(),
      modelTopologyType: 'JSON',
      modelTopologyBytes: Buffer.byteLength(JSON.stringify(modelTopology)),
      weightSpecsBytes: Buffer.byteLength(JSON.stringify(weightSpecs)),
      weightDataBytes: byteSource(buffers).byteLength,
    },
  };
}

/** Names that are free in a directory. */
class Names {
  readonly all: string[] = [];
  readonly #taken: Set<string>;

  constructor(taken: readonly string[]) {
    this.#taken = new Set(taken);
  }

  free(base: string, extension: string): string {
    for (let i = 0; ; i++) {
      const name = i === 0 ? base + extension : `${base}-${i}${extension}`;
      if (!this.#taken.has(name)) {
        this.#taken.add(name);
        this.all.push(name);
        return name;
      }
    }
  }
}

/** Node reads no file of 2 GiB at once, and so neither do other readers. */
const MAX_FILE_BYTES = 2 ** 30;

async function writeWeights(
  directory: Directory,
  buffers: readonly ArrayBuffer[],
  names: Names,
): Promise<readonly string[]> {
  const files: Uint8Array[][] = [];
  let room = 0;
  for (const buffer of buffers) {
    for (let at = 0; at < buffer.byteLength;) {
      if (room === 0) {
        files.push([]);
        room = MAX_FILE_BYTES;
      }
      const part = new Uint8Array(buffer, at, Math.min(room, buffer.byteLength - at));
      files.at(-1)?.push(part);
      at += part.length;
      room -= part.length;
    }
  }
  const written: string[] = [];
  for (const parts of files) {
    const name = names.free('weights', '.bin');
    await write(directory, name, parts);
    written.push(name);
  }
  return written;
}

async function write(
  directory: Directory,
  name: string,
  parts: readonly (Uint8Array | string)[],
): Promise<void> {
  const file = await directory.create(name);
  try {
    for (const part of parts) {
      await file.write(part);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function loadModel(path: string): Promise<ModelArtifacts> {
  const file = join(path, MODEL_FILE);
  const document = JSON.parse(await readFile(file, 'utf8')) as unknown;
  if (!isObject(document) || Array.isArray(document)) {
    throw new Error(`fileSystem: ${file} holds no model.`);
  }
  const artifacts = Object.fromEntries(
    KEPT.filter((key) => key in document).map((key) => [key, document[key]]),
  ) as ModelArtifacts;
  const groups = document['weightsManifest'];
  if (groups === undefined) {
    return artifacts;
  }
  if (!isManifest(groups)) {
    throw new Error(`fileSystem: the weightsManifest of ${file} is malformed.`);
  }
  const weightSpecs = groups.flatMap(({ weights }) => weights);
  const root = await realpath(path);
  const weightData: ArrayBuffer[] = [];
  for (const name of groups.flatMap(({ paths }) => paths)) {
    weightData.push(await readInside(root, file, name));
  }
  checkLength(path, weightSpecs, weightData);
  const [first = new ArrayBuffer(0)] = weightData;
  if (weightData.length < 2) {
    return { ...artifacts, weightSpecs, weightData: first };
  }
  // Where all buffers but the last are of one length, tfjs takes the last for no longer, and reads
  // zeros behind that: an empty one at the end it gets right.
  return { ...artifacts, weightSpecs, weightData: [...weightData, new ArrayBuffer(0)] };
}

/** @throws Error If the name leads out of the directory, by itself or over a link. */
async function readInside(root: string, file: string, name: string): Promise<ArrayBuffer> {
  const path = resolve(root, name);
  if (isAbsolute(name) || leadsOut(root, path) || leadsOut(root, await realpath(path))) {
    throw new Error(`fileSystem: ${file} names '${name}', which leads out of its directory.`);
  }
  const bytes = await readFile(path);
  // A buffer of its own: tfjs takes no notice of where a view begins.
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

function leadsOut(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || way.startsWith('..') || isAbsolute(way);
}

interface ManifestGroup {
  readonly paths: readonly string[];
  readonly weights: NonNullable<ModelArtifacts['weightSpecs']>;
}

function isManifest(value: unknown): value is readonly ManifestGroup[] {
  return (
    Array.isArray(value) &&
    value.every(
      (group) =>
        isObject(group) &&
        isArrayOf(group['paths'], (path) => typeof path === 'string') &&
        isArrayOf(
          group['weights'],
          (spec) =>
            isObject(spec) &&
            typeof spec['name'] === 'string' &&
            isArrayOf(spec['shape'], (length) => Number.isSafeInteger(length)),
        ),
    )
  );
}

function isArrayOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}

/** Works across realms, where `instanceof` does not. */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === '[object ArrayBuffer]';
}

function buffersOf(weightData: unknown): readonly ArrayBuffer[] {
  return (Array.isArray(weightData) ? weightData : [weightData ?? new ArrayBuffer(0)]).map(
    (data: unknown) => {
      if (ArrayBuffer.isView(data)) {
        return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
      }
      if (!isArrayBuffer(data)) {
        throw new ValueError(`fileSystem: the weights must be bytes, but are ${shown(data)}.`);
      }
      return data;
    },
  );
}

function checkLength(
  path: string,
  specs: NonNullable<ModelArtifacts['weightSpecs']>,
  buffers: readonly ArrayBuffer[],
): void {
  const source = byteSource(buffers);
  const needed = byteLengthOf(specs, source);
  if (needed !== source.byteLength) {
    throw new Error(
      `fileSystem: ${path}: the weights have ${source.byteLength} bytes, but by their shapes and ` +
        `types they need ${Number.isNaN(needed) ? 'others' : needed}.`,
    );
  }
}
