import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { fileSystem, MonitoredSession, Saver } from 'tfjs-hooks';
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

async function saved(model: tf.LayersModel): Promise<string> {
  const session = new MonitoredSession({ hooks: [], model, logger });
  await session.begin();
  const saver = new Saver();
  const path = await saver.save(session.session, `${dir()}/model.ckpt`, 3);
  await saver.settle();
  return path;
}

/** Reads `model.json` and the files that it names, as the loader of tfjs-node does. */
function plainLoader(path: string): tf.io.IOHandler {
  return {
    load: () => {
      const json = JSON.parse(readFileSync(`${path}/model.json`, 'utf8')) as tf.io.ModelJSON;
      return tf.io.getModelArtifactsForJSON(json, async (manifest) => {
        const files = manifest.flatMap(({ paths }) => paths);
        const bytes = Buffer.concat(files.map((file) => readFileSync(`${path}/${file}`)));
        return [
          manifest.flatMap(({ weights }) => weights),
          bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
        ];
      });
    },
  };
}

/** All numbers of the optimizer's state, as tfjs saves it. */
async function stateOf(optimizer: tf.Optimizer): Promise<number[][]> {
  const weights = await optimizer.getWeights();
  return weights.map(({ tensor }) => [...tensor.dataSync()]);
}

describe('A checkpoint', () => {
  it.each(optimizers)('is loaded by plain loaders, with its optimizer: %s', async (_, make) => {
    const model = makeModel({ optimizer: make() });
    const { xs, ys } = data();
    await model.fit(xs, ys, { verbose: 0 });
    const path = await saved(model);

    for (const handler of [plainLoader(path), fileSystem(path)]) {
      const loaded = await tf.loadLayersModel(handler);
      expect(bytesOf(loaded)).toEqual(bytesOf(model));
      expect(loaded.optimizer.getConfig()).toEqual(model.optimizer.getConfig());
      if (model.optimizer.getClassName() !== 'Adamax') {
        expect(await stateOf(loaded.optimizer)).toEqual(await stateOf(model.optimizer));
      }
    }
  });

  it('has the layout of model.save', async () => {
    const model = makeModel();
    model.setUserDefinedMetadata({ classes: ['a', 'b'] });
    const { xs, ys } = data();
    await model.fit(xs, ys, { verbose: 0 });
    const path = await saved(model);
    await model.save(fileSystem(`${dir()}/plain`), { includeOptimizer: true });

    const [ours, theirs] = [path, `${dir()}/plain`].map(
      (at) => JSON.parse(readFileSync(`${at}/model.json`, 'utf8')) as Record<string, unknown>,
    );
    const { weightsManifest, tfjsHooks, digest, ...rest } = ours as Record<string, unknown>;
    const { weightsManifest: theirManifest, ...theirRest } = theirs as Record<string, unknown>;
    expect(rest).toEqual(theirRest);
    expect(tfjsHooks).toBeDefined();
    expect(digest).toBeDefined();
    const byName = (manifest: unknown): unknown => {
      const [group] = manifest as [{ paths: string[]; weights: { name: string }[] }];
      const sorted = [...group.weights].sort((a, b) => (a.name < b.name ? -1 : 1));
      return { ...group, weights: sorted };
    };
    expect(byName(weightsManifest)).toEqual(byName(theirManifest));
  });

  it.each([
    ['function', tf.losses.meanSquaredError],
    ['array of functions', [tf.losses.meanSquaredError]],
  ])('of a model whose loss is a %s is loaded without it', async (_, loss) => {
    const model = makeModel();
    model.compile({ loss, optimizer: 'adam', metrics: [tf.metrics.MAPE, 'mae'] });
    const loaded = await tf.loadLayersModel(fileSystem(await saved(model)));
    expect(bytesOf(loaded)).toEqual(bytesOf(model));
    expect(loaded.loss).toBeUndefined();
  });

  it('of a model with a metric that is a function is loaded with the others', async () => {
    const model = makeModel();
    model.compile({
      loss: 'meanSquaredError',
      optimizer: 'adam',
      metrics: [tf.metrics.MAPE, 'mae'],
    });
    const loaded = await tf.loadLayersModel(fileSystem(await saved(model)));
    expect(loaded.metrics).toEqual(['mae']);
  });

  it('of a model without weights is saved, restored and loaded', async () => {
    const model = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [2, 2] })] });
    model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
    const path = await saved(model);
    expect((await tf.loadLayersModel(fileSystem(path))).weights).toEqual([]);
  });
});

describe('A checkpoint of variables', () => {
  it('holds all types and shapes, and no model.json', async () => {
    const make = (): tf.Variable[] => [
      tf.variable(tf.tensor1d([NaN, -0, Infinity, 1e-45])),
      tf.variable(tf.tensor2d([[2147483647, -1]], [1, 2], 'int32')),
      tf.variable(tf.tensor1d([true, false], 'bool')),
      tf.variable(tf.tensor1d(['', 'größer', '\0'])),
      tf.variable(tf.zeros([0, 3])),
      tf.variable(tf.tensor([], [0], 'string')),
    ];
    const variables = make();
    const session = new MonitoredSession({ hooks: [], variables, logger });
    await session.begin();
    const saver = new Saver();
    const path = await saver.save(session.session, `${dir()}/m`, 1);
    const before = variables.map((one) => one.dataSync());
    variables.forEach((one) => {
      const empty =
        one.dtype === 'string' ? tf.fill(one.shape, '') : tf.zeros(one.shape, one.dtype);
      one.assign(empty);
      empty.dispose();
    });
    const tensors = tf.memory().numTensors;
    await saver.restore(session.session, path);

    expect(variables.map((one) => one.dataSync())).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(() => readFileSync(`${path}/model.json`)).toThrow(/ENOENT/);
  });

  it('holds 10,000 of them', async () => {
    const variables = Array.from({ length: 10_000 }, (_, i) => tf.variable(tf.scalar(i)));
    const session = new MonitoredSession({ hooks: [], variables, logger });
    await session.begin();
    const saver = new Saver();
    const path = await saver.save(session.session, `${dir()}/m`, 1);
    variables.forEach((one) => one.assign(tf.scalar(-1)));
    await saver.restore(session.session, path);
    expect(variables.map((one) => one.dataSync()[0])).toEqual(variables.map((_, i) => i));
  });
});
