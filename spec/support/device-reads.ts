import * as tf from '@tensorflow/tfjs';

interface Readable {
  read(dataId: object): Promise<unknown>;
  readSync(dataId: object): unknown;
}

/** Counts what is read back from the device until `stop` is called. */
class DeviceReads {
  readonly stop: () => void;
  #count = 0;
  #inside = false;

  constructor() {
    const backend = tf.backend() as unknown as Readable;
    const { read, readSync } = backend;
    backend.read = (dataId) => this.#note(() => read.call(backend, dataId));
    backend.readSync = (dataId) => this.#note(() => readSync.call(backend, dataId));
    this.stop = () => {
      backend.read = read;
      backend.readSync = readSync;
    };
  }

  get count(): number {
    return this.#count;
  }

  /** The backend's `read` goes through its own `readSync`, which is no second read. */
  #note<T>(read: () => T): T {
    if (this.#inside) {
      return read();
    }
    this.#count += 1;
    this.#inside = true;
    try {
      return read();
    } finally {
      this.#inside = false;
    }
  }
}

/** How often something reads. */
export async function readsOf(act: () => Promise<unknown>): Promise<number> {
  const reads = new DeviceReads();
  try {
    await act();
  } finally {
    reads.stop();
  }
  return reads.count;
}
