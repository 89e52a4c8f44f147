import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

import { kerasConfig } from '../../adapters/tfjs/keras-config.js';

// No banner on the console.
tf.env().set('IS_TEST', true);

/** The layers of a configuration, by name. */
interface Config {
  readonly class_name: string;
  readonly config: {
    readonly layers: readonly { readonly name: string; readonly inbound_nodes?: unknown }[];
    readonly input_layers?: unknown;
    readonly output_layers?: unknown;
  };
}

function read(model: tf.LayersModel): Config {
  return JSON.parse(kerasConfig(model) ?? '') as Config;
}

/** What Keras 3 says of what a layer is called on. */
function tensor(...history: readonly [string, number, number]): object {
  return { class_name: '__keras_tensor__', config: { keras_history: history } };
}

describe('the Keras configuration of a model', () => {
  it('has the connections of its layers as Keras 3 has them', () => {
    const [a, b] = [tf.input({ name: 'a', shape: [2] }), tf.input({ name: 'b', shape: [2] })];
    const shared = tf.layers.dense({ name: 'shared', units: 2 });
    const called = [a, b].map((one) => shared.apply(one) as tf.SymbolicTensor);
    const sum = tf.layers.add({ name: 'sum' }).apply(called) as tf.SymbolicTensor;
    const { config } = read(tf.model({ inputs: [a, b], outputs: sum }));
    const nodes = config.layers.map(({ name, inbound_nodes: calls }) => [name, calls]);
    expect(Object.fromEntries(nodes)).toEqual({
      a: [],
      b: [],
      shared: [
        { args: [tensor('a', 0, 0)], kwargs: {} },
        { args: [tensor('b', 0, 0)], kwargs: {} },
      ],
      sum: [{ args: [[tensor('shared', 0, 0), tensor('shared', 1, 0)]], kwargs: {} }],
    });
    expect(config.input_layers).toEqual(['a', 'b']);
    expect(config.output_layers).toEqual([['sum', 0, 0]]);
  });

  it('is that of a sequential model, built or not', () => {
    const layers = [tf.layers.dense({ units: 1, inputShape: [2] }), tf.layers.dense({ units: 1 })];
    const built = read(tf.sequential({ layers }));
    expect([built.class_name, built.config.layers.length]).toEqual(['Sequential', 2]);
    expect(read(tf.sequential()).config.layers).toEqual([]);
  });

  it('is missing where the model cannot tell it', () => {
    class Untold extends tf.layers.Layer {
      static readonly className = 'Untold';

      override getConfig(): never {
        throw new Error('no');
      }
    }
    const model = tf.sequential({ layers: [new Untold({ inputShape: [2] })] });
    expect(kerasConfig(model)).toBeUndefined();
  });
});
