/**
 * Bad input: a wrong option, an unknown name, a value that cannot be written.
 *
 * The message names the class or function, the option and what came.
 *
 * @example
 * ```ts
 * import { StopAtStepHook, ValueError } from 'tfjs-hooks';
 *
 * try {
 *   new StopAtStepHook({ lastStep: -1 });
 * } catch (error) {
 *   console.log(error instanceof ValueError);
 * }
 * ```
 */
export class ValueError extends Error {
  override readonly name: string = 'ValueError';
}

/**
 * The loss became NaN: thrown by `NanTensorHook` unless it was told only to stop.
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/NanLossDuringTrainingError
 */
export class NanLossDuringTrainingError extends Error {
  override readonly name: string = 'NanLossDuringTrainingError';

  constructor(message: string = 'NaN loss during training.') {
    super(message);
  }
}
