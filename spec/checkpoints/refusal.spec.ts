import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { fileSystem, MonitoredSession, Saver, ValueError } from 'tfjs-hooks';
import type { MonitoredSessionOptions } from 'tfjs-hooks';
import { bytesOf, data, lines, makeModel, temporaryDirectory } from '../support/training.js';

const dir = temporaryDirectory();
const logger = lines();

type Parts = Pick<MonitoredSessionOptions, 'model' | 'optimizer' | 'variables'>;

/** Saves these, at step 1. */
async function saved(parts: Parts): Promise<void> {
  const session = new MonitoredSession({ hooks: [], logger, ...parts });
  await session.begin();
  const saver = new Saver();
  await saver.save(session.session, `${dir()}/model.ckpt`, 1);
  await saver.settle();
}

/** What keeps it from being restored into these. */
async function refusal(parts: Parts): Promise<string> {
  const session = new MonitoredSession({ hooks: [], logger, ...parts, restoreFrom: dir() });
  const error: unknown = await session.begin().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ValueError);
  expect(session.globalStep).toBe(0);
  return (error as Error).message;
}

async function trained(model: tf.LayersModel): Promise<tf.LayersModel> {
  const { xs, ys } = data();
  await model.fit(xs, ys, { verbose: 0 });
  return model;
}

describe('A checkpoint of another', () => {
  it('model is refused with all differences named, and nothing has changed', async () => {
    await saved({ model: await trained(makeModel({ units: 5 })) });
    const other = await trained(makeModel({ units: 4 }));
    const before = bytesOf(other);
    const tensors = tf.memory().numTensors;

    const message = await refusal({ model: other });

    expect(message).toMatch(/model\.ckpt-1: the checkpoint is of another model or optimizer: /);
    expect(message).toMatch(
      /weight 6 is float32 \[3, 5\] \('.*\/kernel'\) there, but float32 \[3, 4\]/,
    );
    expect(message).toMatch(/weight 7 is float32 \[5\] .* float32 \[4\]/);
    expect(message).toMatch(/weight 8 is float32 \[5, 1\] .* float32 \[4, 1\]/);
    expect(message).not.toMatch(/weight [0-5]/);
    expect(bytesOf(other)).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('number of weights is refused, and those that are more are named', async () => {
    await saved({ variables: [tf.variable(tf.scalar(1), true, 'one_a')] });
    const message = await refusal({
      variables: [tf.variable(tf.scalar(1)), tf.variable(tf.tensor1d([1], 'int32'), true, 'one_b')],
    });
    expect(message).toMatch(/variable 1 is absent there, but int32 \[1\] \('one_b'\) here/);
  });

  it('type is refused', async () => {
    await saved({ variables: [tf.variable(tf.scalar(1))] });
    expect(await refusal({ variables: [tf.variable(tf.scalar(1, 'int32'))] })).toMatch(
      /variable 0 is float32 \[\] .* but int32 \[\]/,
    );
  });

  it.each([
    ['Momentum', tf.train.momentum(0.1, 0.9)],
    ['SGD', tf.train.sgd(0.1)],
  ])('optimizer is refused: %s', async (name, optimizer) => {
    await saved({ model: await trained(makeModel()) });
    expect(await refusal({ model: makeModel({ optimizer }) })).toMatch(
      new RegExp(`it has the state of the optimizer Adam, but here is ${name}\\.`),
    );
  });

  it('optimizer is refused where there is none here', async () => {
    const variables = [tf.variable(tf.scalar(1))];
    await saved({ variables, optimizer: tf.train.sgd(0.1) });
    expect(await refusal({ variables })).toMatch(
      /the state of the optimizer SGD, but here is none/,
    );
  });

  it('form of the same optimizer is refused', async () => {
    await saved({
      model: await trained(makeModel({ optimizer: tf.train.rmsprop(0.1, 0.9, 0, 1e-7, true) })),
    });
    expect(await refusal({ model: makeModel({ optimizer: tf.train.rmsprop(0.1, 0.9) }) })).toMatch(
      /accumulatedMeanGrads, but here are accumulatedMeanSquares, accumulatedMoments/,
    );
  });

  it('choice of frozen layers is refused, where the shapes would fit too', async () => {
    const make = (frozen: number): tf.LayersModel => {
      const layers = [0, 1, 2].map((i) =>
        tf.layers.dense({ units: 2, inputShape: [2], trainable: i !== frozen }),
      );
      const model = tf.sequential({ layers });
      model.compile({ loss: 'meanSquaredError', optimizer: 'adam' });
      return model;
    };
    const model = make(0);
    await model.fit(tf.ones([2, 2]), tf.ones([2, 2]), { verbose: 0 });
    await saved({ model });
    expect(await refusal({ model: make(2) })).toMatch(
      /its optimizer has accumulatedFirstMoment for .*, but trainable here are /,
    );
  });
});

describe('A saver', () => {
  it('refuses an optimizer that it does not know', async () => {
    class Mine extends tf.SGDOptimizer {
      static override get className(): string {
        return 'Mine';
      }
    }
    const variables = [tf.variable(tf.scalar(1))];
    const session = new MonitoredSession({
      hooks: [],
      logger,
      variables,
      optimizer: new Mine(0.1),
    });
    await session.begin();
    await expect(new Saver().save(session.session, `${dir()}/m`, 1)).rejects.toThrow(
      /an optimizer of class Mine cannot be saved/,
    );
    await expect(
      new Saver({ includeOptimizer: false }).save(session.session, `${dir()}/m`, 1),
    ).resolves.toBe(`${dir()}/m-1`);
  });

  it('refuses tensors of complex numbers', async () => {
    const variables = [tf.variable(tf.complex([1], [2]), true, 'waves')];
    const session = new MonitoredSession({ hooks: [], logger, variables });
    await session.begin();
    await expect(new Saver().save(session.session, `${dir()}/m`, 1)).rejects.toThrow(
      "Saver: 'waves' is a tensor of complex64, which is not saved.",
    );
  });
});

describe('The option restoreFrom', () => {
  it('wants the directory of the checkpoints, not one of them', async () => {
    const model = makeModel();
    await saved({ model });
    const session = new MonitoredSession({
      hooks: [],
      logger,
      model,
      restoreFrom: `${dir()}/model.ckpt-1`,
    });
    await expect(session.begin()).rejects.toThrow(
      /'restoreFrom' must be the directory that holds the checkpoints.*model\.ckpt-1 is a checkpoint/,
    );
  });

  it('starts afresh where there is a model of the user, but no checkpoint', async () => {
    const model = makeModel();
    await model.save(fileSystem(dir()));
    const session = new MonitoredSession({ hooks: [], logger, model, restoreFrom: dir() });
    await session.begin();
    expect(session.globalStep).toBe(0);
    await session.close();
  });
});
