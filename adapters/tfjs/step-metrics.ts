import { keep } from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { isPromise, scalarReading } from '../../lib/index.js';
import type { MaybePromise, Reading } from '../../lib/index.js';

/** A metric as tfjs hands it over: still on the device, or already read. */
export type Metric = number | Tensor;

/**
 * The metrics of the step that is just over: read when someone asks, once, and never otherwise.
 * They belong to tfjs, which disposes them behind the step: what was not read by then is kept as a
 * clone, so that its name means the last step's value until the next one.
 */
export class StepMetrics {
  readonly #values = new Map<string, Metric>();
  readonly #readings = new Map<string, MaybePromise<Reading>>();
  readonly #clones: Tensor[] = [];

  /** The metrics of a step; names that `fit` puts among them though they are none are left out. */
  enter(logs: Readonly<Record<string, unknown>> | undefined, except?: ReadonlySet<string>): void {
    this.clear();
    for (const name in logs) {
      if (except?.has(name) !== true) {
        this.#values.set(name, logs[name] as Metric);
      }
    }
  }

  names(): readonly string[] {
    return [...this.#values.keys()];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  read(name: string): MaybePromise<Reading> {
    let reading = this.#readings.get(name);
    if (reading === undefined) {
      reading = readMetric(this.#values.get(name) as Metric);
      this.#readings.set(name, reading);
      if (isPromise(reading)) {
        // Once it is here, asking again is not worth a promise.
        void reading.then(
          (value) => this.#readings.set(name, value),
          () => {},
        );
      }
    }
    return reading;
  }

  /** Keeps what nobody has read yet beyond the life of its tensor. */
  retain(): void {
    for (const [name, value] of this.#values) {
      if (typeof value !== 'number' && !this.#readings.has(name) && !value.isDisposed) {
        const clone = keep(value.clone());
        this.#clones.push(clone);
        this.#values.set(name, clone);
      }
    }
  }

  clear(): void {
    this.#values.clear();
    this.#readings.clear();
    for (const clone of this.#clones) {
      clone.dispose();
    }
    this.#clones.length = 0;
  }
}

/** A metric is a float32 scalar: tfjs computes nothing else. */
export function readMetric(metric: Metric): MaybePromise<Reading> {
  return typeof metric === 'number'
    ? scalarReading('float32', metric)
    : metric.data().then((data) => scalarReading(metric.dtype, data[0] as number));
}
