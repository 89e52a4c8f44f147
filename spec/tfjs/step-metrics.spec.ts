import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  callbackList,
  evaluate,
  LoggingTensorHook,
  MonitoredSession,
  toCallback,
} from 'tfjs-hooks';
import type { SessionRunHook } from 'tfjs-hooks';

import { readMetric } from '../../adapters/tfjs/step-metrics.js';
import { readsOf } from '../support/device-reads.js';
import { lineLogger } from '../support/recorder.js';
import { dataset, regression, trainings } from '../support/regression.js';

function reader(fetches: string | readonly string[], every = 1): SessionRunHook {
  let step = 0;
  return {
    beforeRun: () => {
      step += 1;
      return (step - 1) % every === 0 ? { fetches } : undefined;
    },
  };
}

/** Notes what another callback sees in its logs. */
class Witness extends tf.Callback {
  readonly batches: unknown[] = [];
  readonly epochs: unknown[] = [];
  override async onBatchEnd(_batch: number, logs: object = {}): Promise<void> {
    this.batches.push(await described(logs));
  }
  override async onEpochEnd(_epoch: number, logs: object = {}): Promise<void> {
    this.epochs.push(await described(logs));
  }
}

async function described(logs: object): Promise<unknown> {
  const entries = Object.entries(logs).map(async ([name, value]: [string, unknown]) => [
    name,
    value instanceof tf.Tensor ? { tensor: (await value.data())[0] } : value,
  ]);
  return Object.fromEntries(await Promise.all(entries)) as unknown;
}

describe.each(trainings)('what $name reads back', ({ train }) => {
  async function readsWith(hooks: readonly SessionRunHook[], steps = 20): Promise<number> {
    const model = regression();
    const idle = await readsOf(() => train(model, { batches: steps }));
    const logger = lineLogger();
    const callbacks = toCallback(hooks, { logger });
    return (await readsOf(() => train(model, { callbacks, batches: steps }))) - idle;
  }

  it('is nothing where no hook asks', async () => {
    expect(await readsWith([])).toBe(0);
    expect(await readsWith([{}, idleHook])).toBe(0);
  });

  it('is read once where hooks of several callbacks ask for it', async () => {
    const model = regression();
    const idle = await readsOf(() => train(model, { batches: 5 }));
    const callbacks = [toCallback(reader('loss')), toCallback(reader('loss'))];
    expect((await readsOf(() => train(model, { callbacks, batches: 5 }))) - idle).toBe(5);
  });

  it('is the metric that a hook asks for, in the steps in which it asks', async () => {
    expect(await readsWith([reader('loss')])).toBe(20);
    expect(await readsWith([reader('mae', 10)])).toBe(2);
    expect(await readsWith([reader(['loss', 'mae'], 10)])).toBe(4);
    const logging = new LoggingTensorHook({ tensors: ['loss'], everyNIter: 10 });
    expect(await readsWith([logging])).toBe(2);
  });

  it('is each metric once, however many hooks ask', async () => {
    const again: SessionRunHook = {
      afterRun: async ({ session }) => {
        await session.run(['loss', 'loss']);
      },
    };
    const hooks = [reader('loss'), reader(['loss', 'mae']), reader('loss', 2), again];
    expect(await readsWith(hooks)).toBe(40);
  });

  it('is no metric where a hook asks for the global step alone', async () => {
    expect(await readsWith([reader('global_step')])).toBe(0);
  });

  it('is the numbers of an epoch only where a hook takes them', async () => {
    expect(await readsWith([{ afterEpoch: () => {} }], 5)).toBe(2);
    expect(await readsWith([{ beforeEpoch: () => {} }], 5)).toBe(0);
  });

  it('is the last metric alone where a hook asks at the end', async () => {
    const atEnd = new LoggingTensorHook({ tensors: ['loss'], atEnd: true });
    expect(await readsWith([atEnd])).toBe(1);
  });

  it('is the same through callbackList', async () => {
    const model = regression();
    const idle = await readsOf(() => train(model, { batches: 20 }));
    const callbacks = callbackList([reader('loss', 10), new tf.CustomCallback({})]);
    expect((await readsOf(() => train(model, { callbacks, batches: 20 }))) - idle).toBe(2);
  });
});

describe.each(trainings)('the logs of other callbacks in $name', ({ train }) => {
  it.each(['before', 'behind'])('stay tensors that live for one %s the hooks', async (place) => {
    const model = regression();
    const [alone, beside] = [new Witness(), new Witness()];
    const kernel = model.getWeights()[0]?.clone() as tf.Tensor;
    const bias = model.getWeights()[1]?.clone() as tf.Tensor;
    await train(model, { callbacks: alone, epochs: 2, validation: true });
    model.setWeights([kernel, bias]);
    const hook: SessionRunHook = {
      beforeRun: () => ({ fetches: ['loss', 'mae'] }),
      afterEpoch: async (session) => {
        await session.run(['loss', 'val_loss']);
      },
    };
    const ours = toCallback([hook]);
    const callbacks = place === 'before' ? [beside, ours] : [ours, beside];
    await train(model, { callbacks, epochs: 2, validation: true });
    expect(beside.batches).toEqual(alone.batches);
    expect(beside.epochs).toEqual(alone.epochs);
    expect(beside.batches[0]).toMatchObject({ loss: { tensor: expect.any(Number) } });
    tf.dispose([kernel, bias]);
  });

  it('are the numbers that hooks see', async () => {
    const witness = new Witness();
    const losses: unknown[] = [];
    const hook: SessionRunHook<'loss'> = {
      beforeRun: () => ({ fetches: 'loss' }),
      afterRun: (_context, { results }) => void losses.push({ tensor: results }),
    };
    await train(regression(), { callbacks: [toCallback(hook), witness] });
    expect(losses).toEqual(witness.batches.map((logs) => (logs as { loss: unknown }).loss));
  });

  it('may be numbers already', async () => {
    const losses: unknown[] = [];
    const seen: unknown[] = [];
    const resolving = new tf.CustomCallback({
      onBatchEnd: (_batch, logs) => void losses.push(logs?.['loss']),
    });
    const hook: SessionRunHook<'loss'> = {
      beforeRun: () => ({ fetches: 'loss' }),
      afterRun: (_context, { results }) => void seen.push(results),
    };
    await train(regression(), { callbacks: [resolving, toCallback(hook)] });
    expect(seen).toEqual(losses);
  });
});

describe.each(trainings)('the name of a metric in $name', ({ train }) => {
  it("gives behind a step the last step's value, in end too", async () => {
    const seen: number[][] = [[], [], []];
    const hook: SessionRunHook<'loss'> = {
      beforeRun: () => ({ fetches: 'loss' }),
      afterRun: (_context, { results }) => void seen[0]?.push(results),
      beforeEpoch: async (session, epoch) => {
        if (epoch > 0) {
          seen[1]?.push(await session.run('loss'));
        }
      },
      afterEpoch: async (session) => void seen[1]?.push(await session.run('loss')),
      end: async (session) => void seen[2]?.push(await session.run('loss')),
    };
    await train(regression(), { callbacks: toCallback(hook), epochs: 2 });
    const [ofSteps = [], ofEpochs, ofEnd] = seen;
    expect(ofEpochs).toEqual([ofSteps[3], ofSteps[3], ofSteps[7]]);
    expect(ofEnd).toEqual([ofSteps[7]]);
  });

  it('gives that value where no hook had asked in the step', async () => {
    const witness = new Witness();
    let last: unknown;
    const hook: SessionRunHook = {
      end: async (session) => void (last = { tensor: await session.run('loss') }),
    };
    await train(regression(), { callbacks: [witness, toCallback(hook)] });
    expect(last).toEqual((witness.batches.at(-1) as { loss: unknown }).loss);
  });

  it('is unknown before the first step', async () => {
    const hook: SessionRunHook = {
      afterCreateSession: async (session) => void (await session.run('loss')),
    };
    await expect(train(regression(), { callbacks: toCallback(hook) })).rejects.toThrow(
      /^No value named 'loss'.*There are: global_step, dense_Dense\d+\/kernel/,
    );
  });

  it('is none for what fit puts beside the metrics', async () => {
    await expect(train(regression(), { callbacks: toCallback(reader('size')) })).rejects.toThrow(
      /^No value named 'size' in this step. There are: loss, mae, global_step/,
    );
  });
});

describe('readMetric', () => {
  const reading = { dtype: 'float32', shape: [], data: [2] };

  it('waits for nothing where the value is here already', () => {
    const metric = tf.scalar(2);
    expect(readMetric(metric)).toEqual(reading);
    expect(readMetric(metric)).toBe(readMetric(metric));
    metric.dispose();
  });

  it('waits for a device', async () => {
    tf.registerBackend('device', tf.findBackendFactory('cpu'));
    await tf.setBackend('device');
    const metric = tf.scalar(2);
    await tf.setBackend('cpu');
    const pending = readMetric(metric);
    expect(pending).toBeInstanceOf(Promise);
    expect(readMetric(metric)).toBe(pending);
    expect(await pending).toEqual(reading);
    metric.dispose();
    tf.removeBackend('device');
  });
});

describe('what other drivers read back', () => {
  it('is each metric of a step once in MonitoredSession, whether a hook asks or not', async () => {
    for (const hooks of [[], [reader('loss'), reader(['loss', 'acc'])]]) {
      const session = new MonitoredSession({ hooks });
      await session.begin();
      const reads = await readsOf(async () => {
        await session.run(() => ({ loss: tf.scalar(1), acc: tf.scalar(2) }));
        await session.run(() => ({ loss: 1, acc: tf.scalar(2) }));
      });
      await session.close();
      expect(reads).toBe(3);
    }
  });

  it('is in evaluate the result, and what hooks ask for', async () => {
    const model = regression();
    const drive = (hooks: SessionRunHook[]) =>
      readsOf(() => evaluate(model, dataset(5), { hooks }));
    expect(await drive([])).toBe(2);
    expect(await drive([idleHook])).toBe(2);
    expect(await drive([reader('loss'), reader('loss')])).toBe(7);
  });
});

const idleHook: SessionRunHook = {
  begin: () => {},
  beforeRun: () => {},
  afterRun: () => {},
  end: () => {},
};
