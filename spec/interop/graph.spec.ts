import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { summary, SummarySaverHook, toCallback } from 'tfjs-hooks';

import { accumulate, kerasGraph, text } from './support/python-reader.js';
import {
  conceptualGraph,
  graphs,
  newRun,
  runOf,
  tensorBoardHasRead,
} from './support/tensorboard.js';

tf.env().set('IS_TEST', true);

const dense = (name: string, units: number = 2): tf.layers.Layer =>
  tf.layers.dense({ name, units });

function apply(
  layer: tf.layers.Layer | tf.LayersModel,
  to: tf.SymbolicTensor[],
): tf.SymbolicTensor {
  return layer.apply(to.length === 1 ? (to[0] as tf.SymbolicTensor) : to) as tf.SymbolicTensor;
}

/** Models, and what stands before each of their layers in the drawing. */
const models: Readonly<
  Record<string, () => { model: tf.LayersModel; graph: Readonly<Record<string, string[]>> }>
> = {
  sequential: () => ({
    model: tf.sequential({
      layers: [tf.layers.dense({ name: 'first', units: 3, inputShape: [2] }), dense('second', 1)],
    }),
    // `fit` hands over the model within, which has its input.
    graph: { first_input: [], first: ['first_input'], second: ['first'] },
  }),
  branches: () => {
    const [a, b] = [tf.input({ name: 'a', shape: [2] }), tf.input({ name: 'b', shape: [2] })];
    const shared = dense('shared');
    const sum = tf.layers.add({ name: 'sum' });
    const output = apply(dense('out', 1), [apply(sum, [apply(shared, [a]), apply(shared, [b])])]);
    return {
      model: tf.model({ inputs: [a, b], outputs: output }),
      graph: { a: [], b: [], shared: ['a', 'b'], sum: ['shared', 'shared'], out: ['sum'] },
    };
  },
  nested: () => {
    const inside = tf.input({ name: 'inside', shape: [2] });
    const inner = tf.model({
      name: 'inner',
      inputs: inside,
      outputs: apply(dense('deep'), [inside]),
    });
    const outside = tf.input({ name: 'outside', shape: [2] });
    return {
      model: tf.model({
        inputs: outside,
        outputs: apply(dense('out', 1), [apply(inner, [apply(dense('before'), [outside])])]),
      }),
      graph: {
        outside: [],
        before: ['outside'],
        'inner/inside': ['before'],
        'inner/deep': ['inner/inside'],
        out: ['inner/deep'],
      },
    };
  },
  'nested, of two inputs': () => {
    const [x, y] = [tf.input({ name: 'x', shape: [2] }), tf.input({ name: 'y', shape: [2] })];
    const pair = tf.model({
      name: 'pair',
      inputs: [x, y],
      outputs: apply(tf.layers.add({ name: 'both' }), [x, y]),
    });
    const [a, b] = [tf.input({ name: 'a', shape: [2] }), tf.input({ name: 'b', shape: [2] })];
    return {
      model: tf.model({
        inputs: [a, b],
        outputs: apply(dense('out', 1), [apply(pair, [a, b])]),
      }),
      graph: {
        a: [],
        b: [],
        'pair/x': ['a'],
        'pair/y': ['b'],
        'pair/both': ['pair/x', 'pair/y'],
        out: ['pair/both'],
      },
    };
  },
};

/** The nodes without the name of the outermost model, which all of theirs begin with. */
function withoutModel(graph: Readonly<Record<string, string[]>>): Record<string, string[]> {
  const cut = (name: string): string => name.replace(/^[^/]*\//, '');
  return Object.fromEntries(
    Object.entries(graph).map(([node, inputs]) => [cut(node), inputs.map(cut)]),
  );
}

describe.each(Object.keys(models))('the graph of a model: %s', (name) => {
  const directory = newRun('graphs', name);
  let graph: Readonly<Record<string, string[]>>;

  beforeAll(async () => {
    const { model, graph: wanted } = models[name]?.() ?? {};
    if (model === undefined || wanted === undefined) {
      throw new Error(`There is no model ${name}.`);
    }
    graph = wanted;
    model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
    const hooks = ['a', 'b'].map(
      (tag) =>
        new SummarySaverHook({
          outputDir: directory,
          saveSteps: 1,
          summaryOp: summary.scalar(tag, 'loss'),
        }),
    );
    const xs = model.inputs.map(() => tf.ones([2, 2]));
    await model.fit(xs, tf.ones([2, 1]), {
      epochs: 2,
      verbose: 0,
      callbacks: toCallback(hooks),
    });
    await tensorBoardHasRead();
  });

  it('is written once, in the form that TensorBoard draws', async () => {
    const summaries = (await accumulate(directory)).filter(
      ({ plugin }) => plugin === 'graph_keras_model',
    );
    expect(summaries.map(({ tag, values }) => [tag, values.length])).toEqual([['keras', 1]]);
    const [value] = summaries[0]?.values ?? [];
    expect(value?.step).toBe('0');
    expect(withoutModel(await kerasGraph(text(value?.values[0])))).toEqual(graph);
  });

  it('is served by the running TensorBoard', async () => {
    const own = (await graphs())[runOf(directory)];
    expect(own?.tags).toEqual({ keras: expect.objectContaining({ conceptual_graph: true }) });
    const drawn = await conceptualGraph(directory, 'keras');
    const nodes = [...drawn.matchAll(/node \{\n {2}name: "(.*)"\n((?: {2}input: ".*"\n)*)/g)].map(
      ([, node = '', inputs = '']) => [
        node,
        [...inputs.matchAll(/input: "(.*)"/g)].map(([, input]) => input),
      ],
    );
    expect(withoutModel(Object.fromEntries(nodes) as Record<string, string[]>)).toEqual(graph);
  });
});
