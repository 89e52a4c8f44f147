import type { Batch } from '../../lib/index.js';
import { TfjsHost } from './tfjs-host.js';

/** The host of a loop of our own: the driver itself looks whether to stop. */
export abstract class LoopHost extends TfjsHost {
  #batch: Batch | undefined;

  override get batch(): Batch | undefined {
    return this.#batch;
  }

  enterBatch(batch: Batch): void {
    this.#batch = batch;
  }

  stop(): void {}
}
