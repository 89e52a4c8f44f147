import { describeValue, isObject, objectWith, ValueError } from '../../lib/index.js';
import type {
  Clock,
  GlobalStepLike,
  Logger,
  SessionRunHook,
  StopSignal,
  SummaryWriter,
} from '../../lib/index.js';

/** Options of every driver. */
export interface DriverOptions {
  /** The counter of steps. Default: the model's own, or without a model a new one. */
  readonly globalStep?: GlobalStepLike | undefined;
  /** Where time comes from. Default: the system's clock. */
  readonly clock?: Clock | undefined;
  /** Where log lines go. Default: `console`. */
  readonly logger?: Logger | undefined;
  /** Stops training after the step in hand when it is aborted: an `AbortSignal`. */
  readonly signal?: StopSignal | undefined;
  /**
   * A directory of checkpoints: the latest good one is restored before `afterCreateSession`. An
   * empty or absent directory is a fresh start.
   */
  readonly restoreFrom?: string | undefined;
  /**
   * Opens the writer of a hook's `outputDir`, once per directory and run. Default
   * `eventFileWriter`; `tf.node.summaryFileWriter` fits as it is.
   */
  readonly summaryFileWriter?: ((dir: string) => SummaryWriter) | undefined;
}

/** One hook, or several. */
export type Hooks = SessionRunHook | readonly SessionRunHook[];

/** What the options of every driver must be. */
export const driverRules: {
  readonly [K in keyof Required<DriverOptions>]: (value: unknown) => string | undefined;
} = {
  globalStep: (value) =>
    isObject(value) &&
    typeof value['increment'] === 'function' &&
    typeof value['name'] === 'string' &&
    'value' in value
      ? undefined
      : 'a global step with name, value and increment()',
  clock: objectWith('now', 'sleep'),
  logger: objectWith('info', 'warn', 'error'),
  signal: (value) =>
    isObject(value) &&
    typeof value['aborted'] === 'boolean' &&
    typeof value['addEventListener'] === 'function'
      ? undefined
      : 'an AbortSignal',
  restoreFrom: (value) =>
    typeof value === 'string' && value !== '' ? undefined : 'the path of a directory',
  summaryFileWriter: (value) => (typeof value === 'function' ? undefined : 'a function'),
};

/** What a model must be. */
export function modelRule(value: unknown): string | undefined {
  return isObject(value) && Array.isArray(value['layers']) && typeof value['fit'] === 'function'
    ? undefined
    : 'a tf.LayersModel';
}

const METHODS = [
  'begin',
  'afterCreateSession',
  'beforeEpoch',
  'beforeRun',
  'afterRun',
  'afterEpoch',
  'end',
  'abort',
] as const satisfies readonly (keyof SessionRunHook)[];

const CALLBACK_METHODS = [
  'onTrainBegin',
  'onTrainEnd',
  'onEpochBegin',
  'onEpochEnd',
  'onBatchBegin',
  'onBatchEnd',
  'onYield',
] as const;

/** Whether it has a method of tfjs's callbacks. */
export function isCallback(value: object): boolean {
  return CALLBACK_METHODS.some(
    (method) => typeof (value as Record<string, unknown>)[method] === 'function',
  );
}

/** Whether it has a method of the lifecycle. */
export function isHook(value: object): boolean {
  return METHODS.some((method) => (value as Record<string, unknown>)[method] !== undefined);
}

/**
 * The hooks of a driver, copied.
 *
 * @throws {@link ValueError} On anything that is not a hook, and on a hook given twice.
 */
export function checkedHooks(owner: string, hooks: Hooks | undefined): readonly SessionRunHook[] {
  if (hooks === undefined || hooks === null) {
    throw new ValueError(`${owner}: 'hooks' must be a hook or an array of hooks.`);
  }
  const list: readonly unknown[] = Array.isArray(hooks) ? [...(hooks as unknown[])] : [hooks];
  for (const hook of list) {
    if (!isObject(hook) || Array.isArray(hook)) {
      throw new ValueError(`${owner}: 'hooks' must hold hooks, but got ${describeValue(hook)}.`);
    }
    if (isCallback(hook)) {
      throw new ValueError(
        `${owner}: 'hooks' holds a callback of tfjs, ${describeValue(hook)}: wrap it by toHook().`,
      );
    }
    if (!isHook(hook) && (Object.keys(hook).length > 0 || Symbol.iterator in hook)) {
      throw new ValueError(
        `${owner}: 'hooks' must hold hooks, but ${describeValue(hook)} has none of their methods.`,
      );
    }
    for (const method of METHODS) {
      if (hook[method] !== undefined && typeof hook[method] !== 'function') {
        throw new ValueError(
          `${owner}: '${method}' of a hook must be a function, but is ${describeValue(hook[method])}.`,
        );
      }
    }
  }
  if (new Set(list).size < list.length) {
    throw new ValueError(`${owner}: 'hooks' holds the same hook twice.`);
  }
  return list as readonly SessionRunHook[];
}
