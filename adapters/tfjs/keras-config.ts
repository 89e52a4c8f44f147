import type { LayersModel } from '@tensorflow/tfjs';
import { isObject } from '../../lib/index.js';

/**
 * The configuration of a model in JSON, as Keras 3 has it: TensorBoard, which draws its graph of
 * that, finds no connections where they are as tfjs has them. `undefined` of a model that cannot
 * tell its configuration: of layers that are no class of tfjs's, say.
 */
export function kerasConfig(model: LayersModel): string | undefined {
  try {
    const config: unknown = model.toJSON(undefined, false);
    return JSON.stringify(asKeras3(config));
  } catch {
    return undefined;
  }
}

function asKeras3(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(asKeras3);
  }
  if (!isObject(value)) {
    return value;
  }
  const entries = Object.entries(value).map(([key, one]): [string, unknown] => {
    switch (key) {
      case 'inbound_nodes':
        return [key, (one as readonly Connection[][]).map(inboundNode)];
      case 'input_layers':
        // Names alone are what TensorBoard takes of a model within a model.
        return [key, (one as readonly Connection[]).map(([name]) => name)];
      default:
        return [key, asKeras3(one)];
    }
  });
  return Object.fromEntries(entries);
}

/** The layer, which of its calls, and which of that one's outputs. */
type Connection = readonly [layer: string, node: number, tensor: number, kwargs?: unknown];

/** One call of a layer: what it was called on. */
function inboundNode(connections: readonly Connection[]): object {
  const tensors = connections.map(([layer, node, tensor]) => ({
    class_name: '__keras_tensor__',
    config: { keras_history: [layer, node, tensor] },
  }));
  return { args: tensors.length === 1 ? tensors : [tensors], kwargs: {} };
}
