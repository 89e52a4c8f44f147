import { checked, objectWith } from './options.js';
import type { SaverLike } from './saver.js';
import { summaryOps } from './summary.js';
import type { SummaryOp } from './summary.js';

/** Options of {@link Scaffold}. */
export interface ScaffoldOptions {
  /** For `CheckpointSaverHook`. */
  readonly saver?: SaverLike | undefined;
  /** For `SummarySaverHook`. */
  readonly summaryOp?: SummaryOp | undefined;
}

/**
 * Pieces that several hooks share: a saver, and what to summarise.
 *
 * @example
 * ```ts
 * import { CheckpointSaverHook, Saver, Scaffold, SummarySaverHook, summary } from 'tfjs-hooks';
 *
 * const scaffold = new Scaffold({ saver: new Saver(), summaryOp: summary.scalar('loss') });
 * const hooks = [
 *   new CheckpointSaverHook({ checkpointDir: 'run', saveSteps: 500, scaffold }),
 *   new SummarySaverHook({ outputDir: 'run', saveSteps: 50, scaffold }),
 * ];
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/Scaffold
 */
export class Scaffold {
  readonly saver: SaverLike | undefined;
  readonly summaryOp: SummaryOp | undefined;

  /** @throws {@link ValueError} On an unknown option, or one that is not of its kind. */
  constructor(options: ScaffoldOptions = {}) {
    const { saver, summaryOp } = checked('Scaffold', options, {
      saver: objectWith('save'),
      summaryOp: () => undefined,
    });
    if (summaryOp !== undefined) {
      summaryOps('Scaffold', summaryOp);
    }
    this.saver = saver;
    this.summaryOp = summaryOp;
  }
}
