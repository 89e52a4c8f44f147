import { engine, keep } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { isPromise, scalarReading } from '../../lib/index.js';
import type { MaybePromise, Reading } from '../../lib/index.js';
import { isOnBackend } from './backends.js';

/** How many runs have metrics of steps. Where one `fit` has several callbacks, they are the same. */
let runs = 0;

/** A metric as tfjs hands it over: still on the device, or already read. */
export type Metric = number | Tensor;

/** A metric of the step; the next step uses the object again. */
interface Entry {
  name: string;
  value: Metric;
  reading: MaybePromise<Reading> | undefined;
  /** Whether the value is a tensor of ours. */
  isOwn: boolean;
}

/**
 * The metrics of the step that is just over: read when someone asks, once, and never otherwise.
 * They belong to tfjs, which disposes them behind the step: what was not read by then is kept by a
 * tensor of the same data, so that its name means the last step's value until the next one.
 */
export class StepMetrics {
  readonly #entries: Entry[] = [];
  #count = 0;
  #hasBegun = false;

  constructor() {
    runs += 1;
  }

  /** The metrics of a step; names that `fit` puts among them though they are none are left out. */
  enter(logs: Readonly<Record<string, unknown>> | undefined, except?: ReadonlySet<string>): void {
    this.clear();
    this.#hasBegun = true;
    for (const name in logs) {
      if (except?.has(name) !== true) {
        this.#add(name, logs[name] as Metric);
      }
    }
  }

  /** Whether a step is over. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  names(): readonly string[] {
    return this.#entries.slice(0, this.#count).map(({ name }) => name);
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  read(name: string): MaybePromise<Reading> {
    const entry = this.#find(name) as Entry;
    if (entry.reading === undefined) {
      const reading = runs > 1 ? readMetric(entry.value) : readOnce(entry.value);
      entry.reading = reading;
      if (isPromise(reading)) {
        // Once it is here, asking again is not worth a promise.
        void reading.then(
          (value) => {
            if (entry.reading === reading) {
              entry.reading = value;
            }
          },
          () => {},
        );
      }
    }
    return entry.reading;
  }

  /** Keeps what nobody has read yet beyond the life of its tensor. */
  retain(): void {
    for (let i = 0; i < this.#count; i++) {
      const entry = this.#entries[i] as Entry;
      const { value } = entry;
      if (typeof value !== 'number' && entry.reading === undefined && !value.isDisposed) {
        entry.value = sameData(value);
        entry.isOwn = true;
      }
    }
  }

  clear(): void {
    for (let i = 0; i < this.#count; i++) {
      const entry = this.#entries[i] as Entry;
      if (entry.isOwn) {
        (entry.value as Tensor).dispose();
        entry.isOwn = false;
      }
      entry.value = Number.NaN;
      entry.reading = undefined;
    }
    this.#count = 0;
  }

  /** Called once, when the run is over. */
  close(): void {
    this.clear();
    runs -= 1;
  }

  #add(name: string, value: Metric): void {
    const entry = this.#entries[this.#count];
    if (entry === undefined) {
      this.#entries.push({ name, value, reading: undefined, isOwn: false });
    } else {
      entry.name = name;
      entry.value = value;
    }
    this.#count += 1;
  }

  #find(name: string): Entry | undefined {
    for (let i = 0; i < this.#count; i++) {
      const entry = this.#entries[i];
      if (entry?.name === name) {
        return entry;
      }
    }
  }
}

/** What was read of metrics that others may ask for too. */
const readings = new WeakMap<Tensor, MaybePromise<Reading>>();

/** Reads a metric once, however many callbacks ask. */
export function readMetric(metric: Metric): MaybePromise<Reading> {
  if (typeof metric === 'number') {
    return readOnce(metric);
  }
  let reading = readings.get(metric);
  if (reading === undefined) {
    reading = readOnce(metric);
    readings.set(metric, reading);
  }
  return reading;
}

/** The backends whose `read` is their `readSync` behind a promise: nothing is there to wait for. */
const SYNCHRONOUS = ['cpu', 'wasm', 'tensorflow'];

/** A metric is a float32 scalar: tfjs computes nothing else. */
function readOnce(metric: Metric): MaybePromise<Reading> {
  if (typeof metric === 'number') {
    return scalarReading('float32', metric);
  }
  const { dtype } = metric;
  return isOnBackend(metric, SYNCHRONOUS)
    ? scalarReading(dtype, metric.dataSync()[0] as number)
    : metric.data().then((data) => scalarReading(dtype, data[0] as number));
}

/** What `clone` makes, without what an operation costs: this is done in every step. */
function sameData(value: Tensor): Tensor {
  const backend = engine().state.tensorInfo.get(value.dataId)?.backend;
  backend?.incRef(value.dataId);
  return keep(engine().makeTensorFromTensorInfo(value, backend));
}
