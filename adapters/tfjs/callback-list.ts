import { CustomCallback } from '@tensorflow/tfjs';
import type { LayersModel } from '@tensorflow/tfjs';
import { isObject, ValueError } from '../../lib/index.js';
import type { Params, SessionRunHook } from '../../lib/index.js';
import { checkedHooks, isCallback, isHook } from './driver-options.js';
import { turnEventLoop } from './event-loop.js';
import { guestOf, handModel } from './guest.js';
import type { AnyCallback, Guest } from './guest.js';
import { callbackOf, checkedCallbackOptions } from './to-callback.js';
import type { CallbackOptions } from './to-callback.js';

/**
 * Makes one list, as `fit` takes it, of any mix of hooks and callbacks of tfjs, in any order: tfjs
 * itself refuses a callback instance followed by a plain object, and freezes over one from another
 * copy of itself.
 *
 * The hooks share one session and stand where the first of them stands.
 *
 * @param callbacks - Hooks, `tf.Callback`s, `tf.CustomCallback`s, and arguments of these, such as
 *   `tfvis.show.fitCallbacks(...)` gives; one or an array.
 * @throws {@link ValueError} On anything that is neither hook nor callback, and on a wrong option.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { callbackList, StopAtStepHook } from 'tfjs-hooks';
 *
 * await model.fit(xs, ys, {
 *   epochs: 100,
 *   callbacks: callbackList([
 *     tf.callbacks.earlyStopping({ monitor: 'loss' }),
 *     new StopAtStepHook({ lastStep: 2000 }),
 *     { onEpochEnd: (epoch, logs) => console.log(epoch, logs?.loss) },
 *   ]),
 * });
 * ```
 */
export function callbackList(
  callbacks: AnyCallback | SessionRunHook | readonly (AnyCallback | SessionRunHook)[],
  options: CallbackOptions = {},
): CustomCallback[] {
  const own = checkedCallbackOptions('callbackList', options);
  const all: readonly object[] = Array.isArray(callbacks)
    ? [...(callbacks as object[])]
    : [callbacks];
  const hooks = all.filter((one): one is SessionRunHook => isObject(one) && isHookOnly(one));
  // Also without hooks: callbacks that are instances let the event loop starve.
  const ours = callbackOf(checkedHooks('callbackList', hooks), own);
  const list: CustomCallback[] = [];
  for (const one of all) {
    if (!hooks.includes(one)) {
      list.push(bound(guestOf('callbackList', one, own.yieldEvery), own.model));
    } else if (one === hooks[0]) {
      list.push(ours);
    }
  }
  return hooks.length === 0 ? [...list, ours] : list;
}

function isHookOnly(value: object): boolean {
  if (!isHook(value)) {
    return false;
  }
  if (isCallback(value)) {
    throw new ValueError(
      'callbackList: an object has methods of a hook and of a callback: make it two objects.',
    );
  }
  return true;
}

/** A callback behind methods of its own, so that any copy of tfjs can call it. */
function bound(guest: Guest, model: LayersModel | undefined): CustomCallback {
  let isHanded = false;
  return Object.assign(new CustomCallback({}), {
    nextFrameFunc: turnEventLoop,
    setParams: (params: Params) => guest.setParams(params),
    setModel: (handed: LayersModel) => {
      isHanded = true;
      handModel(guest, handed);
    },
    onTrainBegin: (logs?: object) => {
      if (!isHanded && model !== undefined) {
        handModel(guest, model);
      }
      return guest.onTrainBegin(logs);
    },
    onTrainEnd: (logs?: object) => guest.onTrainEnd(logs),
    onEpochBegin: (epoch: number, logs?: object) => guest.onEpochBegin(epoch, logs),
    onEpochEnd: (epoch: number, logs?: object) => guest.onEpochEnd(epoch, logs),
    onBatchBegin: (batch: number, logs?: object) => guest.onBatchBegin(batch, logs),
    onBatchEnd: (batch: number, logs?: object) => guest.onBatchEnd(batch, logs),
  });
}
