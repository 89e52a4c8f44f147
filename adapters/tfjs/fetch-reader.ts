import { engine, LayersModel, model as makeModel, tensor, Tensor } from '@tensorflow/tfjs';
import type { SymbolicTensor } from '@tensorflow/tfjs';
import {
  describeValue,
  isLayerVariable,
  isTensor,
  isVariable,
  scalarReading,
  ValueError,
} from '../../lib/index.js';
import type {
  FeedDict,
  Fetch,
  FetchFunction,
  Reading,
  Session,
  TensorLike,
} from '../../lib/index.js';
import { innerModel } from './models.js';

/** What was read at once, by the tensors. */
export type TensorReadings = Map<TensorLike, Promise<Reading>>;

/** What fetches are read with. */
export interface FetchSources {
  readonly session: Session;
  readonly model: LayersModel | undefined;
  readonly feedDict: FeedDict | undefined;
  /** Where several fetches are read at once: what was read already. */
  readonly tensors: TensorReadings | undefined;
}

/** Reads a tensor, each one once; who holds it goes on holding it. */
export function readTensor(
  value: TensorLike,
  tensors: TensorReadings | undefined,
): Promise<Reading> {
  const known = tensors?.get(value);
  if (known !== undefined) {
    return known;
  }
  const reading = readAnew(value);
  tensors?.set(value, reading);
  return reading;
}

async function readAnew(value: TensorLike): Promise<Reading> {
  const { dtype, shape } = value;
  if (dtype === 'complex64') {
    throw new ValueError('A complex tensor cannot be fetched: fetch its real and imaginary parts.');
  }
  return { dtype, shape: [...shape], data: await (value as Tensor).data() };
}

/** Reads a fetch that is not a name. */
export function readFetch(fetch: Exclude<Fetch, string>, sources: FetchSources): Promise<Reading> {
  if (typeof fetch === 'function') {
    return readFunction(fetch, sources);
  }
  if (isTensor(fetch)) {
    return readTensor(fetch, sources.tensors);
  }
  if (isLayerVariable(fetch)) {
    return readTensor(fetch.read(), sources.tensors);
  }
  return readSymbolic(fetch as unknown as SymbolicTensor, sources);
}

/**
 * Calls a fetch function and disposes what it made: of a function that waits, only what it made
 * before it first waited, and its result, since tfjs cannot tell whose the rest is.
 */
async function readFunction(
  fetch: FetchFunction,
  { session, tensors }: FetchSources,
): Promise<Reading> {
  // Ids are given out in order: what has a greater one was made later.
  const newestBefore = (engine() as unknown as { nextTensorId(): number }).nextTensorId();
  const own: Tensor[] = [];
  try {
    const value = await trackingTensors(() => fetch(session), own);
    if (typeof value === 'number') {
      return scalarReading('number', value);
    }
    if (!isTensor(value)) {
      throw new ValueError(
        `The fetch function ${fetch.name || '(without a name)'} must give a tensor or a number, ` +
          `but gave ${describeValue(value)}.`,
      );
    }
    const result = value as unknown as Tensor;
    const isNew = result.id > newestBefore && !result.kept && !isVariable(result);
    if (isNew && !own.includes(result)) {
      own.push(result);
    }
    return await readTensor(value, tensors);
  } finally {
    for (const made of own) {
      made.dispose();
    }
  }
}

/** Notes the tensors that a call makes, without disposing them. */
function trackingTensors<T>(call: () => T, made: Tensor[]): T {
  const tfEngine = engine();
  tfEngine.startScope('fetch');
  try {
    return call();
  } finally {
    const { track } = tfEngine.state.activeScope as { readonly track: Tensor[] };
    made.push(...track.filter((one) => !one.kept));
    // Named as results, they outlive the scope: they are read before they are disposed.
    tfEngine.endScope(track);
  }
}

async function readSymbolic(
  symbol: SymbolicTensor,
  { model, feedDict = {} }: FetchSources,
): Promise<Reading> {
  const inputs = inputsOf(symbol);
  const names = inputs.map(({ sourceLayer }) => sourceLayer.name);
  for (const name of Object.keys(feedDict)) {
    if (!names.includes(name) && model?.inputNames.includes(name) !== true) {
      throw new ValueError(
        `'${symbol.name}' has no input named '${name}'. There are: ${names.join(', ')}.`,
      );
    }
  }
  const missing = names.filter((name) => feedDict[name] === undefined);
  if (missing.length > 0) {
    throw new ValueError(
      `'${symbol.name}' needs a value for its input ${missing.join(', ')} in the feed dictionary.`,
    );
  }
  const own: Tensor[] = [];
  try {
    const values = names.map((name) => {
      const value = feedDict[name];
      if (isTensor(value)) {
        return value as unknown as Tensor;
      }
      const made = tensor(value as number[]);
      own.push(made);
      return made;
    });
    const result = subModel(inputs, symbol, model).predictOnBatch(values);
    const output = Array.isArray(result) ? (result[0] as Tensor) : result;
    own.push(output);
    return await readAnew(output);
  } finally {
    for (const made of own) {
      made.dispose();
    }
  }
}

/** The inputs that a symbolic tensor depends on. */
function inputsOf(symbol: SymbolicTensor): readonly SymbolicTensor[] {
  const inputs = new Set<SymbolicTensor>();
  const seen = new Set<SymbolicTensor>();
  const visit = (one: SymbolicTensor): void => {
    if (!seen.has(one)) {
      seen.add(one);
      if (one.inputs.length === 0) {
        inputs.add(one);
      }
      one.inputs.forEach(visit);
    }
  };
  visit(symbol);
  return [...inputs];
}

const subModels = new WeakMap<SymbolicTensor, LayersModel>();

function subModel(
  inputs: readonly SymbolicTensor[],
  outputs: SymbolicTensor,
  model: LayersModel | undefined,
): LayersModel {
  let made = subModels.get(outputs);
  if (made === undefined) {
    const config = { inputs: [...inputs], outputs };
    // Layers of another copy of tfjs make models only with that copy's class.
    const owner: object | undefined = model && innerModel(model);
    made =
      owner === undefined || owner instanceof LayersModel
        ? makeModel(config)
        : new (owner.constructor as typeof LayersModel)(config);
    subModels.set(outputs, made);
  }
  return made;
}
