import { ValueError } from './errors.js';
import { describeValue, isObject } from './options.js';
import type { MaybePromise } from './maybe-promise.js';
import type { Reading } from './reading.js';
import type { Session } from './session-run-hook.js';

/** A `tf.Tensor` or `tf.Variable`, declared structurally: the core imports no tfjs. */
export interface TensorLike {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly isDisposed: boolean;
  array(): Promise<unknown>;
  dataSync(): ArrayLike<number> | string[];
}

/** A `LayerVariable`: what `model.weights` lists. */
export interface LayerVariableLike {
  readonly originalName: string;
  read(): TensorLike;
}

/** A `tf.SymbolicTensor`: what `model.outputs` lists. */
export interface SymbolicTensorLike {
  readonly sourceLayer: unknown;
  readonly name: string;
}

/**
 * A function that gives what to read. Tensors that it makes are disposed by the session, tensors
 * that it merely hands on are not.
 */
export type FetchFunction = (session: Session) => MaybePromise<TensorLike | number>;

/**
 * What a hook can ask for: the name of a logged metric, of the global step or of a weight of the
 * model, a tensor, a variable, a weight, a symbolic tensor of the model, or a function.
 */
export type Fetch = string | TensorLike | LayerVariableLike | SymbolicTensorLike | FetchFunction;

/** One fetch, or arrays and records of them, nested as deep as you like. */
export type Fetches = Fetch | readonly Fetches[] | { readonly [key: string]: Fetches };

/** Values for a model's inputs, by input name: tensors or nested arrays. */
export type FeedDict = Readonly<Record<string, TensorLike | NestedArray>>;

/** Numbers nested as `tensor.array()` nests them. */
export type NestedArray = number | readonly NestedArray[];

/** What a fetch of unknown shape gives. */
export type FetchValue = number | string | FetchValue[];

/** What one fetch gives: a number for a scalar, nested arrays otherwise. */
export type FetchResult<F> = F extends string
  ? ResultOfName<F>
  : F extends (...args: never[]) => infer R
    ? ResultOfTensor<Awaited<R>>
    : ResultOfTensor<F>;

/** The results of fetches, in the structure of the fetches. */
export type FetchResults<F> = IsWide<F> extends true ? WideResults<F> : NarrowResults<F>;

// A metric is a number; a weight has a slash in its name, and any shape.
type ResultOfName<F extends string> = string extends F
  ? FetchValue
  : F extends `${string}/${string}`
    ? FetchValue
    : number;

type ResultOfTensor<T> = T extends number
  ? number
  : T extends { array(): Promise<infer A> }
    ? unknown extends A
      ? FetchValue
      : A
    : T extends { read(): { array(): Promise<infer A> } }
      ? unknown extends A
        ? FetchValue
        : A
      : FetchValue;

type NarrowResults<F> = F extends Fetch
  ? FetchResult<F>
  : { -readonly [K in keyof F]: FetchResults<F[K]> };

// Of `any` and of fetches not known more closely nothing can be said, and nothing should recurse.
type IsWide<F> = 0 extends 1 & F ? true : Fetches extends F ? true : false;
// oxlint-disable-next-line typescript/no-explicit-any
type WideResults<F> = 0 extends 1 & F ? any : unknown;

/**
 * Asks for a fetch's typed data instead of nested arrays: what the package's own hooks log and
 * write is typed.
 */
export class TypedFetch {
  readonly fetch: Fetch;

  constructor(fetch: Fetch) {
    this.fetch = fetch;
  }
}

/** The fetches whose results are {@link Reading}s, as the package's own hooks ask for them. */
export function typed(fetches: readonly Fetch[]): Fetches {
  return fetches.map((fetch) => new TypedFetch(fetch)) as unknown as Fetches;
}

/** Whether this is one fetch, and not an array or a record of them. */
export function isFetch(value: unknown): value is Fetch {
  if (typeof value === 'string' || typeof value === 'function') {
    return true;
  }
  return isTensor(value) || isLayerVariable(value) || isSymbolicTensor(value);
}

export function isTensor(value: unknown): value is TensorLike {
  return isObject(value) && 'dtype' in value && typeof value['dataSync'] === 'function';
}

/** Of whatever copy of tfjs. */
export function isVariable(value: unknown): boolean {
  return isTensor(value) && typeof (value as { readonly assign?: unknown }).assign === 'function';
}

export function isLayerVariable(value: unknown): value is LayerVariableLike {
  return isObject(value) && 'originalName' in value && typeof value['read'] === 'function';
}

export function isSymbolicTensor(value: unknown): value is SymbolicTensorLike {
  return isObject(value) && 'sourceLayer' in value;
}

/**
 * Calls `visit` with every fetch, and gives what it returns in the structure of the fetches.
 *
 * @throws {@link ValueError} On anything that is not a fetch, an array or a record.
 */
export function mapFetches<T>(
  owner: string,
  fetches: unknown,
  visit: (fetch: Fetch | TypedFetch) => T,
): unknown {
  if (isFetch(fetches) || fetches instanceof TypedFetch) {
    return visit(fetches);
  }
  if (Array.isArray(fetches)) {
    return fetches.map((part) => mapFetches(owner, part, visit));
  }
  if (isRecord(fetches)) {
    return Object.fromEntries(
      Object.entries(fetches).map(([key, part]) => [key, mapFetches(owner, part, visit)]),
    );
  }
  throw new ValueError(
    `${owner}: cannot fetch ${describeValue(fetches)}: a fetch is a name, a tensor, a variable, a ` +
      `symbolic tensor, a function, or an array or record of these.`,
  );
}

/** A short name for a fetch: what a log line calls it that has no tag of its own. */
export function nameOf(fetch: Fetch, index: number): string {
  if (typeof fetch === 'string') {
    return fetch;
  }
  const { name } = fetch as { readonly name?: unknown };
  return typeof name === 'string' && name !== '' ? name : String(index);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) {
    return false;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // A record from another realm (a worker, Jest's sandbox) has another realm's Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A reading as its fetch asked for it. */
export function resultOf(fetch: Fetch | TypedFetch, reading: Reading): unknown {
  return fetch instanceof TypedFetch ? reading : toNested(reading);
}

/** Nested arrays, as `tensor.array()` gives them. */
export function toNested({ data, shape }: Reading): FetchValue {
  if (shape.length === 0) {
    return data[0] as FetchValue;
  }
  let offset = 0;
  const build = (axis: number): FetchValue[] => {
    const length = shape[axis] ?? 0;
    if (axis === shape.length - 1) {
      const start = offset;
      offset += length;
      return Array.from({ length }, (_, i) => data[start + i] as FetchValue);
    }
    return Array.from({ length }, () => build(axis + 1));
  };
  return data.length === 0 ? [] : build(0);
}
