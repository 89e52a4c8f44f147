import { Callback, CustomCallback, nextFrame } from '@tensorflow/tfjs';
import type { CustomCallbackArgs, LayersModel } from '@tensorflow/tfjs';
import { describeValue, isObject, ValueError } from '../../lib/index.js';
import type { Params } from '../../lib/index.js';
import { isCallback, isHook } from './driver-options.js';
import { turnEventLoop } from './event-loop.js';
import type { YieldEvery } from './event-loop.js';

/** The logs of callbacks: numbers, or tensors still to be read. */
export type GuestLogs = object;

/** A callback of tfjs, as `fit` sees it: of whatever class, from whatever copy. */
export interface Guest {
  setParams(params: Params): void;
  setModel(model: unknown): void;
  onTrainBegin(logs?: GuestLogs): unknown;
  onTrainEnd(logs?: GuestLogs): unknown;
  onEpochBegin(epoch: number, logs?: GuestLogs): unknown;
  onEpochEnd(epoch: number, logs?: GuestLogs): unknown;
  onBatchBegin(batch: number, logs?: GuestLogs): unknown;
  onBatchEnd(batch: number, logs?: GuestLogs): unknown;
}

/** What takes the place of the model where there is none. */
export interface StandIn {
  stopTraining: boolean;
}

/** A callback of tfjs, from whatever copy, or the arguments of a `tf.CustomCallback`. */
export type AnyCallback =
  | CustomCallbackArgs
  // Not named by its classes: with them in the union, parameters of a plain object's methods
  // would be of no known type.
  | { setParams(params: never): void; setModel(model: never): void };

/**
 * A callback as `fit` would take it: the arguments of a `CustomCallback` become one.
 *
 * @throws {@link ValueError} On anything that `fit` would not take.
 */
export function guestOf(owner: string, callback: AnyCallback, yieldEvery?: YieldEvery): Guest {
  if (!isObject(callback)) {
    throw new ValueError(`${owner}: takes a callback of tfjs, but got ${describeValue(callback)}.`);
  }
  if (typeof callback['setParams'] === 'function' && typeof callback['setModel'] === 'function') {
    const own = callback as { nextFrameFunc?: unknown };
    if (own.nextFrameFunc === nextFrame) {
      // In a hidden tab that frame never comes, and with it no further step.
      own.nextFrameFunc = turnEventLoop;
    }
    return callback as object as Guest;
  }
  if (!isCallback(callback) && isHook(callback)) {
    throw new ValueError(`${owner}: ${describeValue(callback)} is a hook already.`);
  }
  if (!isCallback(callback) && Object.keys(callback).length > 0) {
    throw new ValueError(
      `${owner}: takes a callback of tfjs, an object with onBatchEnd() or its like, but got ` +
        `${describeValue(callback)} with ${Object.keys(callback).join(', ')}.`,
    );
  }
  const args = callback as CustomCallbackArgs;
  return new CustomCallback(
    {
      onTrainBegin: args.onTrainBegin,
      onTrainEnd: args.onTrainEnd,
      onEpochBegin: args.onEpochBegin,
      onEpochEnd: args.onEpochEnd,
      onBatchBegin: args.onBatchBegin,
      onBatchEnd: args.onBatchEnd,
      onYield: args.onYield,
      nowFunc: args.nowFunc,
      nextFrameFunc: args.nextFrameFunc ?? turnEventLoop,
    } as CustomCallbackArgs,
    yieldEvery,
  );
}

/** Hands a model to a callback; one from another copy of tfjs, or a stand-in, it would refuse. */
export function handModel(guest: Guest, model: LayersModel | StandIn): void {
  try {
    guest.setModel(model);
  } catch {
    (guest as { model?: unknown }).model = model;
  }
}

/** Whether a callback looks at the numbers of a batch: if not, they need not be read. */
export function readsBatches(guest: Guest): boolean {
  const owner = ownerOf(guest, 'onBatchEnd');
  if (owner !== guest && Object.hasOwn(owner, 'maybeWait')) {
    // The method of `CustomCallback`, of whatever copy.
    const { batchEnd, yield: onYield } = guest as {
      readonly batchEnd?: unknown;
      readonly yield?: unknown;
    };
    return batchEnd !== undefined || onYield !== undefined;
  }
  return guest.onBatchEnd !== Callback.prototype.onBatchEnd;
}

/** The object that a method lies on: the one given, or one of its prototypes. */
function ownerOf(value: object, method: string): object {
  let owner: object | null = value;
  while (owner !== null && !Object.hasOwn(owner, method)) {
    owner = Object.getPrototypeOf(owner) as object | null;
  }
  return owner ?? value;
}
