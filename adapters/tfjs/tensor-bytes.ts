import { keep, reshape, tensor, util } from '@tensorflow/tfjs';
import type { DataType, Tensor } from '@tensorflow/tfjs';
import { ValueError } from '../../lib/index.js';
import { isOnBackend } from './backends.js';

/** How many bytes stand before each string, for its length. */
const LENGTH_BYTES = 4;

const SAVED: ReadonlySet<string> = new Set(['float32', 'int32', 'bool', 'string']);

/** @throws {@link ValueError} On a tensor of a kind that is not saved. */
export function checkDtype(name: string, dtype: string): void {
  if (!SAVED.has(dtype)) {
    throw new ValueError(`Saver: '${name}' is a tensor of ${dtype}, which is not saved.`);
  }
}

/** The value of a tensor now: no copy, and what is assigned to a variable later leaves it alone. */
export function valueOf(value: Tensor): Tensor {
  return keep(reshape(value, value.shape));
}

/** How many bytes a tensor of numbers has as tfjs stores it. */
export function byteLengthOf({ size, dtype }: Tensor): number {
  return size * util.bytesPerElement(dtype);
}

/** Whether its backend keeps it as a typed array of JavaScript, and gives that when it is read. */
export function isInMemory(value: Tensor): boolean {
  return isOnBackend(value, ['cpu']);
}

/** The bytes of a tensor of numbers as tfjs stores them; not to be changed. */
export async function bytesOf(value: Tensor): Promise<Uint8Array> {
  const data = await value.data();
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The bytes of a tensor of strings as tfjs stores them. */
export async function bytesOfStrings(value: Tensor): Promise<Uint8Array> {
  return joined((await value.bytes()) as Uint8Array[]);
}

/** The tensor of such bytes, which are its own from then on. */
export function tensorOf(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: DataType,
  shape: readonly number[],
): Tensor {
  return keep(tensor(valuesOf(bytes, dtype), [...shape], dtype));
}

function valuesOf(
  bytes: Uint8Array<ArrayBuffer>,
  dtype: DataType,
): Float32Array | Int32Array | Uint8Array | Uint8Array[] {
  switch (dtype) {
    case 'float32':
      return new Float32Array(bytes.buffer);
    case 'int32':
      return new Int32Array(bytes.buffer);
    case 'string':
      return split(bytes);
    default:
      return bytes;
  }
}

function joined(strings: readonly Uint8Array[]): Uint8Array {
  const length = strings.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const string of strings) {
    view.setUint32(at, string.length, true);
    bytes.set(string, at + LENGTH_BYTES);
    at += LENGTH_BYTES + string.length;
  }
  return bytes;
}

function split(bytes: Uint8Array<ArrayBuffer>): Uint8Array[] {
  const view = new DataView(bytes.buffer);
  const strings: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + LENGTH_BYTES + view.getUint32(at, true);
    strings.push(bytes.slice(at + LENGTH_BYTES, end));
    at = end;
  }
  return strings;
}
