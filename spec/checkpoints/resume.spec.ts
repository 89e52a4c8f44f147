import { readdirSync, writeFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  checkpointInfo,
  CheckpointSaverHook,
  fileSystem,
  latestCheckpoint,
  MonitoredSession,
  Saver,
  StepCounterHook,
  StopAtStepHook,
  toCallback,
} from 'tfjs-hooks';
import type { Session } from 'tfjs-hooks';
import { readEventFiles } from '../support/event-file-reader.js';
import {
  bytesOf,
  data,
  lines,
  makeModel,
  optimizers,
  temporaryDirectory,
} from '../support/training.js';

const dir = temporaryDirectory();
const logger = lines();

interface Training {
  readonly epochs: number;
  readonly lastStep?: number;
}

/** Trains three steps an epoch, going on from what is in the directory. */
async function train(model: tf.LayersModel, { epochs, lastStep = 1000 }: Training): Promise<void> {
  const { xs, ys } = data();
  await model.fit(xs, ys, {
    epochs,
    initialEpoch: (await checkpointInfo(dir()))?.epoch ?? 0,
    batchSize: 4,
    shuffle: false,
    verbose: 0,
    callbacks: toCallback(
      [
        new CheckpointSaverHook({ checkpointDir: dir(), saveSteps: 2 }),
        new StopAtStepHook({ lastStep }),
      ],
      { restoreFrom: dir(), logger, model },
    ),
  });
  tf.dispose([xs, ys]);
}

async function trainPlain(model: tf.LayersModel, epochs: number): Promise<void> {
  const { xs, ys } = data();
  await model.fit(xs, ys, { epochs, batchSize: 4, shuffle: false, verbose: 0 });
  tf.dispose([xs, ys]);
}

describe('Training resumed from a checkpoint', () => {
  it.each(optimizers)('equals training that never stopped, bit for bit: %s', async (_, make) => {
    const whole = makeModel({ optimizer: make() });
    await trainPlain(whole, 4);

    await train(makeModel({ optimizer: make() }), { epochs: 2 });
    const resumed = makeModel({ optimizer: make(), seed: 99 });
    await train(resumed, { epochs: 4 });

    expect(bytesOf(resumed)).toEqual(bytesOf(whole));
    expect(resumed.optimizer.iterations).toBe(12);
    expect(await checkpointInfo(dir())).toMatchObject({ globalStep: 12, epoch: 4, batch: 0 });
    expect(logger.warnings).toEqual([]);
  });

  it.each(optimizers)('goes on from what tfjs itself loads: %s', async (_, make) => {
    const model = makeModel({ optimizer: make() });
    await train(model, { epochs: 2 });

    const path = (await latestCheckpoint(dir())) as string;
    const loaded = await tf.loadLayersModel(fileSystem(path));

    expect(bytesOf(loaded)).toEqual(bytesOf(model));
    expect(loaded.optimizer.getClassName()).toBe(model.optimizer.getClassName());
    const isAdamax = loaded.optimizer.getClassName() === 'Adamax';
    expect(loaded.optimizer.iterations).toBe(isAdamax ? 0 : 6);

    await trainPlain(model, 2);
    await train(loaded, { epochs: 4 });
    expect(bytesOf(loaded)).toEqual(bytesOf(model));
  });

  it('equals it after several restarts of the same model in one process', async () => {
    const whole = makeModel();
    await trainPlain(whole, 6);

    const model = makeModel();
    await train(model, { epochs: 2 });
    const later = makeModel();
    await train(later, { epochs: 4 });
    await trainPlain(model, 1);
    await train(model, { epochs: 6 });

    expect(bytesOf(model)).toEqual(bytesOf(whole));
  });

  it('equals it on a model with a frozen layer, functions for loss and metric, and a constraint', async () => {
    const make = (): tf.LayersModel => {
      const input = tf.input({ shape: [2] });
      const kernelInitializer = tf.initializers.glorotUniform({ seed: 5 });
      const frozen = tf.layers.dense({ units: 3, kernelInitializer, trainable: false });
      const inner = tf.sequential({
        layers: [
          tf.layers.dense({ units: 3, inputShape: [3], kernelInitializer }),
          tf.layers.batchNormalization(),
        ],
      });
      const last = tf.layers.dense({
        units: 1,
        kernelInitializer,
        kernelConstraint: tf.constraints.maxNorm({ maxValue: 0.5 }),
      });
      const output = last.apply(inner.apply(frozen.apply(input)));
      const model = tf.model({ inputs: input, outputs: output as tf.SymbolicTensor });
      model.compile({
        loss: (labels, predictions) => tf.losses.meanSquaredError(labels, predictions),
        optimizer: tf.train.adam(0.05),
        metrics: [
          (labels: tf.Tensor, predictions: tf.Tensor) => tf.metrics.MAPE(labels, predictions),
        ],
      });
      return model;
    };
    const whole = make();
    await trainPlain(whole, 4);
    await train(make(), { epochs: 2 });
    const resumed = make();
    await train(resumed, { epochs: 4 });

    expect(bytesOf(resumed)).toEqual(bytesOf(whole));
  });

  it.each(optimizers)('equals it in a loop of one’s own, over variables: %s', async (_, make) => {
    const run = async (from: number, to: number, saves: boolean): Promise<number[][]> => {
      const variables = [tf.variable(tf.tensor1d([1, 2])), tf.variable(tf.scalar(-3))];
      const optimizer = make();
      const session = new MonitoredSession({
        hooks: saves ? new CheckpointSaverHook({ checkpointDir: dir(), saveSteps: 4 }) : [],
        variables,
        optimizer,
        logger,
        ...(saves ? { restoreFrom: dir() } : {}),
      });
      await session.begin();
      expect(session.globalStep).toBe(from);
      const loss = (): tf.Scalar =>
        tf.tidy(() => tf.addN(variables.map((one) => one.square().sum())).asScalar());
      while (session.globalStep < to) {
        await session.run(() => optimizer.minimize(loss, true, variables));
      }
      await session.close();
      return variables.map((one) => [...one.dataSync()]);
    };
    const whole = await run(0, 10, false);
    await run(0, 5, true);
    expect(await run(5, 10, true)).toEqual(whole);
  });

  it('goes on in the epoch that was cut short', async () => {
    await train(makeModel(), { epochs: 4, lastStep: 5 });
    expect(await checkpointInfo(dir())).toMatchObject({ globalStep: 5, epoch: 1, batch: 2 });
  });

  it('keeps the place in the epochs until a step is done', async () => {
    await train(makeModel(), { epochs: 4, lastStep: 5 });
    const { xs, ys } = data();
    const killed = new Error('killed');
    const kill = { beforeEpoch: () => Promise.reject(killed) };
    const fit = makeModel().fit(xs, ys, {
      verbose: 0,
      callbacks: toCallback(
        [new CheckpointSaverHook({ checkpointDir: dir(), saveSteps: 2 }), kill],
        { restoreFrom: dir(), logger },
      ),
    });
    await expect(fit).rejects.toBe(killed);
    expect(await checkpointInfo(dir())).toMatchObject({ globalStep: 5, epoch: 1, batch: 2 });
  });

  it('stays in the epoch in which the data ended early, and is ready for more of them', async () => {
    const hooks = new CheckpointSaverHook({ checkpointDir: dir(), saveSteps: 100 });
    const trainOn = async (batches: number): Promise<void> => {
      const { xs, ys } = data();
      const batch = { xs: xs.slice([0, 0], [4, 2]), ys: ys.slice([0, 0], [4, 1]) };
      const repeated = tf.data.array(Array.from({ length: batches }, () => 0)).map(() => ({
        xs: batch.xs.clone(),
        ys: batch.ys.clone(),
      }));
      await makeModel().fitDataset(repeated, {
        epochs: 3,
        batchesPerEpoch: 3,
        initialEpoch: (await checkpointInfo(dir()))?.epoch ?? 0,
        verbose: 0,
        callbacks: toCallback(hooks, { logger, restoreFrom: dir() }),
      });
    };
    const { warn } = console;
    console.warn = () => {};
    try {
      await trainOn(5);
      expect(await checkpointInfo(dir())).toMatchObject({ globalStep: 5, epoch: 1, batch: 2 });
      await trainOn(6);
      expect(await checkpointInfo(dir())).toMatchObject({ globalStep: 11, epoch: 3, batch: 0 });
    } finally {
      console.warn = warn;
    }
  });

  it('says that an epoch is over where fit does not tell how many batches there are', async () => {
    const { xs, ys } = data();
    const batches = tf.data.generator(function* () {
      for (let i = 0; i < 3; i++) {
        yield { xs: xs.slice([i * 4, 0], [4, 2]), ys: ys.slice([i * 4, 0], [4, 1]) };
      }
    });
    await makeModel().fitDataset(batches, {
      epochs: 2,
      verbose: 0,
      callbacks: toCallback(new CheckpointSaverHook({ checkpointDir: dir(), saveSteps: 3 }), {
        logger,
      }),
    });
    expect(await checkpointInfo(dir())).toMatchObject({ globalStep: 6, epoch: 2, batch: 0 });
    expect(await checkpointInfo(`${dir()}/model.ckpt-3`)).toMatchObject({ epoch: 1, batch: 0 });
  });
});

describe('A checkpoint', () => {
  it.each(optimizers)('leaks no tensor when it is saved and restored: %s', async (_, make) => {
    const model = makeModel({ optimizer: make() });
    await trainPlain(model, 1);
    const session = new MonitoredSession({ hooks: [], model, logger });
    await session.begin();
    const saver = new Saver();
    const before = tf.memory();
    for (let i = 0; i < 3; i++) {
      const path = await saver.save(session.session, `${dir()}/model.ckpt`, i);
      await saver.restore(session.session, path);
    }
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numBytes).toBe(before.numBytes);
    await session.close();
  });

  it('leaks no tensor where the model cannot be described', async () => {
    const model = makeModel();
    const session = new MonitoredSession({ hooks: [], model, logger });
    await session.begin();
    const before = tf.memory().numTensors;
    model.toJSON = () => {
      throw new Error('This layer has no configuration.');
    };
    const saving = new Saver().save(session.session, `${dir()}/model.ckpt`, 0);
    await expect(saving).rejects.toThrow('This layer has no configuration.');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes away state of the optimizer that it does not have', async () => {
    const model = makeModel();
    const session = new MonitoredSession({ hooks: [], model, logger });
    await session.begin();
    const saver = new Saver();
    const before = tf.memory().numTensors;
    const path = await saver.save(session.session, `${dir()}/model.ckpt`, 0);
    await trainPlain(model, 1);
    await saver.restore(session.session, path);
    expect(tf.memory().numTensors).toBe(before);
    expect(model.optimizer.iterations).toBe(0);
  });

  it('holds no optimizer where none is wanted', async () => {
    const model = makeModel();
    await trainPlain(model, 1);
    const session = new MonitoredSession({ hooks: [], model, logger });
    await session.begin();
    const saver = new Saver({ includeOptimizer: false });
    const path = await saver.save(session.session, `${dir()}/model.ckpt`, 3);
    const weights = bytesOf(model);
    await trainPlain(model, 1);
    await saver.restore(session.session, path);

    expect(bytesOf(model)).toEqual(weights);
    expect(model.optimizer.iterations).toBe(6);
    expect((await tf.loadLayersModel(fileSystem(path))).optimizer ?? null).toBeNull();
  });

  it('gives each weight its place though other layers are frozen', async () => {
    const model = makeModel();
    await trainPlain(model, 1);
    const session = new MonitoredSession({ hooks: [], model, logger });
    await session.begin();
    const saver = new Saver({ includeOptimizer: false });
    const path = await saver.save(session.session, `${dir()}/model.ckpt`, 3);
    const other = makeModel({ seed: 5 });
    other.layers.forEach((layer, i) => {
      layer.trainable = i > 1;
    });
    const otherSession = new MonitoredSession({ hooks: [], model: other, logger });
    await otherSession.begin();
    await saver.restore(otherSession.session, path);
    expect(bytesOf({ weights: other.layers.flatMap((layer) => layer.weights) })).toEqual(
      bytesOf({ weights: model.layers.flatMap((layer) => layer.weights) }),
    );
  });

  it('gives its weights alone to a saver that wants no optimizer', async () => {
    const model = makeModel();
    await trainPlain(model, 1);
    const session = new MonitoredSession({ hooks: [], model, logger });
    await session.begin();
    const path = await new Saver().save(session.session, `${dir()}/model.ckpt`, 3);
    const other = makeModel({ optimizer: tf.train.sgd(0.1), seed: 5 });
    const otherSession = new MonitoredSession({ hooks: [], model: other, logger });
    await otherSession.begin();
    await new Saver({ includeOptimizer: false }).restore(otherSession.session, path);
    expect(bytesOf(other)).toEqual(bytesOf(model));
  });
});

describe('A directory of checkpoints', () => {
  it('is given free when the end of a listener throws', async () => {
    const hook = new CheckpointSaverHook({
      checkpointDir: dir(),
      saveSteps: 2,
      listeners: [{ end: () => Promise.reject(new Error('at the end')) }],
    });
    const session = new MonitoredSession({ hooks: hook, logger, model: makeModel() });
    await session.begin();
    await expect(session.close()).rejects.toThrow('at the end');
    expect(readdirSync(dir()).sort()).toEqual(['checkpoint', 'model.ckpt-0']);
  });

  it('is on disk when fit resolves, whoever saved, and a failure fails fit', async () => {
    const saving = (saver: Saver, path: string): Promise<tf.History> => {
      const hook = {
        end: async (session: Session) => {
          await saver.save(session, path, session.globalStep);
        },
      };
      return makeModel().fit(data().xs, data().ys, {
        batchSize: 4,
        epochs: 2,
        verbose: 0,
        callbacks: toCallback(hook, { logger }),
      });
    };
    await saving(new Saver({ background: true }), `${dir()}/best`);
    expect(readdirSync(dir()).sort()).toEqual(['best-6', 'checkpoint']);
    const inTheWay = `${dir()}/file`;
    writeFileSync(inTheWay, '');
    const failing = saving(new Saver({ background: true }), `${inTheWay}/best`);
    await expect(failing).rejects.toThrow(inTheWay);
  });

  it('leaks no tensor in the background', async () => {
    const model = makeModel();
    const { xs, ys } = data();
    const hook = new CheckpointSaverHook({
      checkpointDir: dir(),
      saveSteps: 1,
      saver: new Saver({ background: true }),
    });
    const fit = (): Promise<tf.History> =>
      model.fit(xs, ys, { batchSize: 4, verbose: 0, callbacks: toCallback(hook, { logger }) });
    await fit();
    const before = tf.memory().numTensors;
    await fit();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves a directory as it stays, while afterSave is called', async () => {
    const seen: string[] = [];
    const hook = new CheckpointSaverHook({
      checkpointDir: dir(),
      saveSteps: 1,
      saver: new Saver({ maxToKeep: 1 }),
      listeners: [{ afterSave: () => void seen.push(...readdirSync(dir())) }],
    });
    await makeModel().fit(data().xs, data().ys, {
      batchSize: 4,
      verbose: 0,
      callbacks: toCallback(hook, { logger }),
    });
    expect(seen.filter((name) => !/^(checkpoint|model\.ckpt-\d|.*owner.*)$/.test(name))).toEqual(
      [],
    );
  });

  it('holds a checkpoint when afterSave is called, in the background too', async () => {
    const seen: (readonly [number, number | undefined])[] = [];
    const hook = new CheckpointSaverHook({
      checkpointDir: dir(),
      saveSteps: 2,
      saver: new Saver({ background: true }),
      listeners: [
        {
          afterSave: async (_session, step) => {
            seen.push([step, (await checkpointInfo(dir()))?.globalStep]);
          },
        },
      ],
    });
    await makeModel().fit(data().xs, data().ys, {
      batchSize: 4,
      epochs: 4,
      verbose: 0,
      callbacks: toCallback(hook, { logger }),
    });
    expect(seen.map(([step]) => step)).toEqual([0, 2, 4, 6, 8, 10, 12]);
    expect(seen.every(([step, there]) => there === step)).toBe(true);
  });
});

describe('A checkpoint that a hook of the program restores', () => {
  it.each(['begin', 'afterCreateSession'] as const)(
    'in %s is where the session goes on',
    async (method) => {
      await train(makeModel(), { epochs: 2 });
      const path = (await latestCheckpoint(dir())) as string;
      const model = makeModel({ seed: 99 });
      const restoring = { [method]: (session: Session) => new Saver().restore(session, path) };
      const seen: number[] = [];
      const session = new MonitoredSession({
        model,
        logger,
        hooks: [
          restoring,
          new CheckpointSaverHook({ checkpointDir: dir(), saveSteps: 100 }),
          new StepCounterHook({ outputDir: dir() }),
          new StopAtStepHook({ numSteps: 2 }),
          { beforeRun: (context) => void seen.push(context.session.globalStep) },
        ],
      });
      await session.begin();
      const { xs, ys } = data();
      while (!session.shouldStop) {
        await session.run(() => model.trainOnBatch(xs, ys));
      }
      await session.close();
      tf.dispose([xs, ys]);
      expect(seen).toEqual([6, 7]);
      expect(await checkpointInfo(dir())).toMatchObject({ globalStep: 8 });
      expect(readdirSync(dir())).not.toContain('model.ckpt-7');
      if (method === 'begin') {
        const start = { step: 7n, sessionLog: { status: 1 } };
        expect(readEventFiles(dir())[0]?.events).toMatchObject([{}, start]);
      }
    },
  );
});

describe('Two savers in one directory', () => {
  it.each([
    [false, true],
    [true, false],
    [true, true],
  ])('save one after the other, in the background: %p and %p', async (...backgrounds) => {
    const { xs, ys } = data();
    const hooks = backgrounds.map(
      (background) =>
        new CheckpointSaverHook({
          checkpointDir: dir(),
          saveSteps: 1,
          saver: new Saver({ background }),
        }),
    );
    await makeModel().fit(xs, ys, {
      epochs: 3,
      batchSize: 4,
      verbose: 0,
      callbacks: toCallback(hooks, { logger }),
    });
    tf.dispose([xs, ys]);
    expect(await checkpointInfo(dir())).toMatchObject({ globalStep: 9, epoch: 3 });
  });
});
