import * as tf from '@tensorflow/tfjs';
import type { Fetch, Fetches, Session } from 'tfjs-hooks';

/** What fetches of a scenario refer to. */
export interface FetchSources {
  /** Present where {@link needsModel} says so. */
  readonly model?: tf.LayersModel;
  /** Gets the variables that fetches made, to be disposed of at the end. */
  readonly variables: tf.Variable[];
}

/** Whether something in `spec` is fetched from the model. */
export function needsModel(spec: unknown): boolean {
  return /"(weight|symbol)":"/.test(JSON.stringify(spec));
}

/** A fetch, or arrays and records of them. */
export function fetchesOf(spec: unknown, sources: FetchSources): Fetches {
  if (Array.isArray(spec)) {
    return spec.map((item) => fetchesOf(item, sources));
  }
  if (typeof spec === 'object' && spec !== null) {
    return specialFetch(spec, sources) ?? fetchRecord(spec, sources);
  }
  return String(spec);
}

/** A record from tag to fetch, even where it looks like a special fetch. */
export function fetchRecord(spec: object, sources: FetchSources): Record<string, Fetches> {
  return Object.fromEntries(
    Object.entries(spec).map(([tag, item]) => [tag, fetchesOf(item, sources)]),
  );
}

/** One fetch. */
export function fetchOf(spec: unknown, sources: FetchSources): Fetch {
  return fetchesOf(spec, sources) as Fetch;
}

/** `{"twice": "loss"}` is a function; `{"twice": {…}}` a record with a tag of that name. */
function specialFetch(spec: object, sources: FetchSources): Fetch | undefined {
  const [[kind, value] = [], ...others] = Object.entries(spec) as [string, unknown][];
  if (others.length > 0) {
    return undefined;
  }
  if (kind === 'twice' && typeof value === 'string') {
    return async (session: Session) => tf.scalar(2 * Number(await session.run(value)));
  }
  if (kind === 'const' && isTensorLike(value)) {
    return () => tf.tensor(value);
  }
  if (kind === 'var' && isTensorLike(value)) {
    const variable = tf.tidy(() => tf.variable(tf.tensor(value)));
    sources.variables.push(variable);
    return variable;
  }
  if (kind === 'weight' && (value === 'name' || value === 'object')) {
    const kernel = required(modelOf(sources).weights[0]);
    return value === 'name' ? kernel.name : kernel;
  }
  if (kind === 'symbol' && value === 'output') {
    return required(modelOf(sources).outputs[0]);
  }
  return undefined;
}

function modelOf({ model }: FetchSources): tf.LayersModel {
  return required(model);
}

function required<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Error('The scenario has no model, or the model no such part.');
  }
  return value;
}

function isTensorLike(value: unknown): value is tf.TensorLike {
  return typeof value === 'number' || (Array.isArray(value) && value.every(isTensorLike));
}
