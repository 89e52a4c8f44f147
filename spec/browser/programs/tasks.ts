import * as tf from '@tensorflow/tfjs';
import * as tfvis from '@tensorflow/tfjs-vis';
import {
  callbackList,
  CheckpointSaverHook,
  evaluate,
  FinalOpsHook,
  GlobalStepWaiterHook,
  LoggingTensorHook,
  NanTensorHook,
  StepCounterHook,
  StopAfterNEvalsHook,
  StopAtStepHook,
  summary,
  SummarySaverHook,
  toCallback,
  toHook,
} from 'tfjs-hooks';
import type { SessionRunHook, SummaryWriter } from 'tfjs-hooks';

import { readsOf } from '../../support/device-reads.js';
import { lineLogger } from '../../support/recorder.js';
import { fit, regression, tensorsLeft } from '../../support/regression.js';
import { replayAll } from '../../support/trace-all.js';
import type { Replayed } from '../../support/trace-all.js';
import { TraceClock } from '../../support/trace-clock.js';
import type { Scenario } from '../../support/traces.js';

export type Tasks = typeof tasks;
export type Task = keyof Tasks;

/** What happened beside a training. */
export interface Beside {
  readonly steps: number;
  /** The longest times, in milliseconds, without a timer and without a turn of the event loop. */
  readonly withoutTimer: number;
  readonly withoutTurn: number;
  /** How often the browser drew a frame. */
  readonly frames: number;
  readonly isHidden: boolean;
}

/** The longest time between calls. */
class Gaps {
  #longest = 0;
  #last = performance.now();

  readonly note = (): number => {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last);
    this.#last = now;
    return this.#longest;
  };
}

/** Notes what comes of other things while something trains. */
async function besides(train: () => Promise<number>): Promise<Beside> {
  const timers = new Gaps();
  const turns = new Gaps();
  const timer = setInterval(timers.note, 10);
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    turns.note();
    port2.postMessage(null);
  };
  port2.postMessage(null);
  let frames = 0;
  let frame = 0;
  const hasFrames = typeof requestAnimationFrame === 'function';
  const onFrame = (): void => {
    frames += 1;
    frame = requestAnimationFrame(onFrame);
  };
  if (hasFrames) {
    frame = requestAnimationFrame(onFrame);
  }
  const steps = await train();
  clearInterval(timer);
  port1.close();
  if (hasFrames) {
    cancelAnimationFrame(frame);
  }
  return {
    steps,
    withoutTimer: timers.note(),
    withoutTurn: turns.note(),
    frames,
    isHidden: typeof document === 'object' && document.visibilityState === 'hidden',
  };
}

/** Trains until a signal comes. */
async function trainUntil(signal: AbortSignal): Promise<{ steps: number; reason: unknown }> {
  let steps = 0;
  let reason: unknown;
  const hook: SessionRunHook = {
    afterRun: () => void (steps += 1),
    end: (session) => void (reason = session.stopReason),
  };
  await fit(regression(), { callbacks: toCallback(hook, { signal }), epochs: 1e6, batches: 8 });
  return { steps, reason };
}

export const tasks = {
  use: async (backend: string): Promise<string> => {
    await tf.setBackend(backend);
    await tf.ready();
    return tf.getBackend();
  },

  /** All nine hooks in one training, and one evaluation. */
  nine: async (): Promise<Nine> => {
    const scalars: [string, number, number][] = [];
    const saved: number[] = [];
    const logger = lineLogger();
    const summaryWriter: SummaryWriter = {
      scalar: (name, value, step) => void scalars.push([name, value, step]),
      flush() {},
    };
    const finalOps = new FinalOpsHook({ finalOps: ['loss', 'global_step'] });
    const model = regression();
    const clock = new TraceClock(0);
    const callbacks = toCallback(
      [
        new GlobalStepWaiterHook({ waitUntilStep: 0 }),
        new StopAtStepHook({ lastStep: 6 }),
        new NanTensorHook(),
        new LoggingTensorHook({ tensors: ['loss'], everyNIter: 2, formatter: () => 'a line' }),
        new StepCounterHook({ everyNSteps: 2, summaryWriter }),
        new SummarySaverHook({ saveSteps: 3, summaryWriter, summaryOp: summary.scalar('loss') }),
        new CheckpointSaverHook({
          checkpointDir: 'digits',
          saveSteps: 4,
          saver: {
            async save(session, path, globalStep) {
              await (session.model as unknown as tf.LayersModel).save('indexeddb://digits');
              saved.push(globalStep);
              return path;
            },
          },
        }),
        finalOps,
        { afterRun: () => clock.advance(0.5) },
      ],
      { logger, clock },
    );
    await fit(model);
    const leaked = await tensorsLeft(() => fit(model, { callbacks, epochs: 3 }));
    const loaded = await tf.loadLayersModel('indexeddb://digits');
    const data = tf.data.array([0, 1, 2, 3].map((x) => ({ xs: [x, 1], ys: [x] }))).batch(2);
    const own = await evaluate(model, data, {
      hooks: new StopAfterNEvalsHook({ numEvals: 2 }),
      logger,
    });
    const theirs = (await model.evaluateDataset(data as tf.data.Dataset<never>, {
      batches: 2,
    })) as tf.Scalar[];
    return {
      lines: logger.lines,
      scalars,
      saved,
      savedWeights: loaded.weights.length,
      finalOps: finalOps.finalOpsValues as number[],
      leaked,
      evaluated: [
        Object.values(own),
        await Promise.all(theirs.map(async (one) => (await one.data())[0]!)),
      ],
    };
  },

  /** The reads of 100 steps beyond those of `fit` itself. */
  reads: async (): Promise<{ idle: number; logging: number; bare: number }> => {
    const model = regression();
    const reads = (callbacks: unknown): Promise<number> =>
      readsOf(() => fit(model, { callbacks, batches: 100 }));
    const none = await reads([]);
    const logging = new LoggingTensorHook({ tensors: ['loss'], everyNIter: 10 });
    return {
      idle: (await reads(toCallback([new StopAtStepHook({ lastStep: 1e6 })]))) - none,
      logging: (await reads(toCallback(logging, { logger: lineLogger() }))) - none,
      bare: (await reads([new tf.CustomCallback({ onBatchEnd() {} })])) - none,
    };
  },

  /** Trains for so long; what happens beside it. */
  beside: (milliseconds: number): Promise<Beside> =>
    besides(async () => (await trainUntil(AbortSignal.timeout(milliseconds))).steps),

  /** Trains until somebody clicks the button. */
  untilClicked: (): Promise<{ steps: number; reason: unknown }> => {
    const controller = new AbortController();
    document.querySelector('button')!.onclick = () => controller.abort('The user pressed Stop.');
    return trainUntil(controller.signal);
  },

  /** Trains with the charts of tfjs-vis, as a hook and as a callback. */
  charts: async (): Promise<{ charts: number; leaked: number }> => {
    const fitCallbacks = (name: string): tf.CustomCallbackArgs =>
      tfvis.show.fitCallbacks({ name, tab: 'training' }, ['loss', 'mae']);
    const model = regression();
    await fit(model);
    const leaked = await tensorsLeft(async () => {
      await fit(model, { callbacks: toCallback(toHook(fitCallbacks('a hook'))), epochs: 2 });
      const list = callbackList([new StopAtStepHook({ numSteps: 6 }), fitCallbacks('a callback')]);
      await fit(model, { callbacks: list, epochs: 5 });
    });
    return { charts: document.querySelectorAll('.vega-embed').length, leaked };
  },

  /** Replays recordings of TensorFlow's hooks; gives how many, and those that differ. */
  traces: (scenarios: readonly Scenario[]): Promise<Replayed> => replayAll(scenarios),
};

export interface Nine {
  readonly lines: readonly string[];
  readonly scalars: readonly (readonly [name: string, value: number, step: number])[];
  readonly saved: readonly number[];
  /** Of the model as it was loaded again. */
  readonly savedWeights: number;
  readonly finalOps: readonly number[];
  readonly leaked: number;
  readonly evaluated: readonly [own: readonly number[], theirs: readonly number[]];
}
