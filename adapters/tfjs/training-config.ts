import type { LayersModel, Optimizer } from '@tensorflow/tfjs';

/** What tfjs has, and does not declare, of how a model was compiled. */
interface Compiled {
  readonly loss?: unknown;
  readonly metrics?: unknown;
  getTrainingConfig(): object;
}

/**
 * How a model was compiled, for `tf.loadLayersModel`; `undefined` where that could not read it: of
 * a loss that is a function. Metrics that are functions are left out.
 */
export function trainingConfigOf(model: LayersModel, optimizer: Optimizer): object | undefined {
  const { loss, metrics } = model as unknown as Compiled;
  if (!isNamed(loss)) {
    return undefined;
  }
  const config = (model as unknown as Compiled).getTrainingConfig() as { metrics?: unknown };
  return {
    ...config,
    metrics: namedOnly(metrics, config.metrics),
    optimizer_config: { class_name: optimizer.getClassName(), config: optimizer.getConfig() },
  };
}

function isNamed(loss: unknown): boolean {
  if (typeof loss === 'string') {
    return true;
  }
  return (
    typeof loss === 'object' &&
    loss !== null &&
    Object.values(loss).every((one) => typeof one === 'string')
  );
}

/** The names that tfjs makes of metrics, of those that were given by name. */
function namedOnly(given: unknown, names: unknown): unknown {
  if (Array.isArray(given)) {
    return (names as readonly unknown[]).filter((_, i) => typeof given[i] === 'string');
  }
  if (typeof given === 'object' && given !== null) {
    return Object.fromEntries(
      Object.entries(names as object).filter(
        ([key]) => typeof (given as Record<string, unknown>)[key] === 'string',
      ),
    );
  }
  return typeof given === 'string' ? names : [];
}
