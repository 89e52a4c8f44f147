import { version } from '@tensorflow/tfjs';
import type { LayersModel, Optimizer, Tensor, Variable } from '@tensorflow/tfjs';
import type {
  ModelDocument,
  SavedState,
  StateRestore,
  StateSnapshot,
  StateTensor,
  TensorSpec,
  TrainingState,
} from '../../lib/index.js';
import { innerModel } from './models.js';
import { OptimizerState } from './optimizer-state.js';
import {
  byteLengthOf,
  bytesOf,
  bytesOfStrings,
  checkDtype,
  isInMemory,
  tensorOf,
  valueOf,
} from './tensor-bytes.js';
import { trainingConfigOf } from './training-config.js';

/** What is there to save. */
export interface TrainingStateParts {
  readonly model?: LayersModel | undefined;
  /** Where there is no model. */
  readonly variables?: readonly Variable[] | undefined;
  /** Default: the model's. */
  readonly optimizer?: Optimizer | undefined;
}

/** What a checkpoint holds of a model or of variables, and of their optimizer. */
export function trainingState(parts: TrainingStateParts): TrainingState {
  return new TfjsTrainingState(parts);
}

interface Weight {
  readonly name: string;
  readonly variable: Variable;
}

/** By position: tfjs numbers the names of layers anew in each process. */
class TfjsTrainingState implements TrainingState {
  readonly #model: LayersModel | undefined;
  readonly #optimizer: Optimizer | undefined;
  readonly #weights: readonly Weight[];

  constructor({ model, variables = [], optimizer }: TrainingStateParts) {
    this.#model = model;
    this.#optimizer = optimizer ?? (model && internalsOf(model).optimizer) ?? undefined;
    this.#weights =
      model === undefined
        ? variables.map((variable) => ({ name: variable.name, variable }))
        : weightsOf(model).map((weight) => ({
            name: weight.originalName,
            variable: weight.read() as Variable,
          }));
  }

  async snapshot(includeOptimizer: boolean): Promise<StateSnapshot> {
    for (const { name, variable } of this.#weights) {
      checkDtype(name, variable.dtype);
    }
    const values: Tensor[] = [];
    try {
      return await this.#snapshotOf(includeOptimizer ? this.#optimizerState() : undefined, values);
    } catch (error) {
      values.forEach((value) => value.dispose());
      throw error;
    }
  }

  differences(saved: SavedState): readonly string[] {
    const weights = saved.tensors.filter(({ group }) => group === undefined);
    const found: string[] = [];
    for (let i = 0; i < Math.max(weights.length, this.#weights.length); i++) {
      const [there, here] = [described(weights[i]), described(this.#specAt(i))];
      if (there !== here) {
        found.push(
          `${this.#model === undefined ? 'variable' : 'weight'} ${i} is ${there}` +
            `${named(weights[i]?.name)} there, but ${here}${named(this.#weights[i]?.name)} here`,
        );
      }
    }
    if (saved.optimizer !== undefined) {
      const optimizer = this.#optimizerState();
      found.push(
        ...(optimizer?.differences(saved, saved.optimizer) ?? [
          `it has the state of the optimizer ${saved.optimizer.className}, but here is none`,
        ]),
      );
    }
    return found;
  }

  restore(saved: SavedState): StateRestore {
    const staged: (readonly [TensorSpec, Tensor])[] = [];
    let iterations = 0;
    let count = 0;
    return {
      add: (bytes) => {
        const spec = saved.tensors[count++] as TensorSpec;
        if (spec.group === 'optimizer' && spec.slot === undefined) {
          [iterations = 0] = new Int32Array(bytes.buffer);
        } else {
          staged.push([spec, tensorOf(bytes, spec.dtype as Tensor['dtype'], spec.shape)]);
        }
      },
      commit: () => {
        const slots = staged.splice(this.#weights.length);
        this.#weights.forEach(({ variable }, i) => {
          // Not by the layer: its constraint might change the value.
          variable.assign((staged[i] as (typeof staged)[0])[1]);
        });
        if (saved.optimizer !== undefined) {
          this.#optimizerState()?.restore(saved.optimizer, iterations, slots);
        }
        staged.push(...slots);
      },
      dispose: () => staged.forEach(([, tensor]) => tensor.dispose()),
    };
  }

  /** Takes all values before anything else may happen. */
  async #snapshotOf(
    optimizer: OptimizerState | undefined,
    values: Tensor[],
  ): Promise<StateSnapshot> {
    const tensors = this.#weights.map(({ name, variable }) =>
      stateTensor({ name, dtype: variable.dtype, shape: variable.shape }, true, variable, values),
    );
    if (optimizer === undefined) {
      return snapshotOf(await Promise.all(tensors), values, { model: this.#document(undefined) });
    }
    const { isPortable, className, iterations } = optimizer;
    const slots = optimizer.slots();
    tensors.push(Promise.resolve(iterationsTensor(iterations, isPortable)));
    for (const { name, variable, list, index, of } of slots) {
      const { dtype, shape } = variable;
      const slot = { list, index, of };
      const spec = { name, dtype, shape, group: 'optimizer', slot } as const;
      tensors.push(stateTensor(spec, isPortable, variable, values));
    }
    const scalars = optimizer.scalars().map(([name, value]) => [name, value.data()] as const);
    const read = scalars.map(async ([name, data]) => [name, (await data)[0] as number] as const);
    const model = this.#document(this.#optimizer);
    return snapshotOf(await Promise.all(tensors), values, {
      model,
      optimizer: {
        className,
        isOfModel: optimizer.isOfModel(slots),
        scalars: Object.fromEntries(await Promise.all(read)),
      },
    });
  }

  #specAt(index: number): TensorSpec | undefined {
    const weight = this.#weights[index];
    return weight && { ...weight, dtype: weight.variable.dtype, shape: weight.variable.shape };
  }

  #optimizerState(): OptimizerState | undefined {
    if (this.#optimizer === undefined) {
      return undefined;
    }
    const variables = this.#weights.map(({ variable }) => variable);
    return new OptimizerState(this.#optimizer, {
      variables,
      trainable: this.#trainable(variables),
    });
  }

  /** What `fit` trains: tfjs collects it when the model is compiled. */
  #trainable(variables: readonly Variable[]): readonly number[] | undefined {
    if (this.#model === undefined || this.#optimizer !== internalsOf(this.#model).optimizer) {
      return undefined;
    }
    const inner = innerModel(this.#model);
    const collected = internalsOf(inner).collectedTrainableWeights ?? inner.trainableWeights;
    return collected.map((weight) => variables.indexOf(weight.read() as Variable));
  }

  #document(optimizer: Optimizer | undefined): ModelDocument | undefined {
    const model = this.#model;
    if (model === undefined) {
      return undefined;
    }
    return {
      format: 'layers-model',
      generatedBy: `TensorFlow.js tfjs-layers v${version['tfjs-layers']}`,
      convertedBy: null,
      modelTopology: model.toJSON(null, false) as object,
      trainingConfig: optimizer && trainingConfigOf(model, optimizer),
      userDefinedMetadata: model.getUserDefinedMetadata(),
    };
  }
}

/** What tfjs has, and does not declare, of a model that is compiled. */
interface Internals {
  readonly optimizer?: Optimizer | null;
  readonly collectedTrainableWeights?: LayersModel['weights'];
}

function internalsOf(model: LayersModel): Internals {
  return model as unknown as Internals;
}

type Weights = LayersModel['weights'];

/** The weights in the order of the layers: `model.weights` has those that are frozen last. */
function weightsOf(model: LayersModel): Weights {
  const weights = model.layers.flatMap((layer): Weights => {
    const { layers } = layer as unknown as { readonly layers?: unknown };
    return Array.isArray(layers) ? weightsOf(layer as LayersModel) : layer.weights;
  });
  return [...new Set(weights)];
}

async function stateTensor(
  spec: TensorSpec,
  isPortable: boolean,
  variable: Variable,
  values: Tensor[],
): Promise<StateTensor> {
  const value = valueOf(variable);
  values.push(value);
  if (value.dtype === 'string') {
    const bytes = await bytesOfStrings(value);
    return { ...spec, isPortable, bytes: bytes.length, isInMemory: true, read: () => bytes };
  }
  return {
    ...spec,
    isPortable,
    bytes: byteLengthOf(value),
    isInMemory: isInMemory(value),
    read: () => bytesOf(value),
  };
}

/** What tfjs expects before the slots. */
function iterationsTensor(iterations: number, isPortable: boolean): StateTensor {
  const bytes = new Uint8Array(Int32Array.of(iterations).buffer);
  return {
    name: 'iter',
    dtype: 'int32',
    shape: [],
    group: 'optimizer',
    isPortable,
    bytes: bytes.length,
    isInMemory: true,
    read: () => bytes,
  };
}

function snapshotOf(
  tensors: readonly StateTensor[],
  values: readonly Tensor[],
  rest: Pick<StateSnapshot, 'model' | 'optimizer'>,
): StateSnapshot {
  return { ...rest, tensors, dispose: () => values.forEach((value) => value.dispose()) };
}

function described(spec: TensorSpec | undefined): string {
  return spec === undefined ? 'absent' : `${spec.dtype} [${spec.shape.join(', ')}]`;
}

function named(name: string | undefined): string {
  return name === undefined ? '' : ` ('${name}')`;
}
