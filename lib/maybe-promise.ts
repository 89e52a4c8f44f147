/** A value now, or one to wait for. */
export type MaybePromise<T> = T | Promise<T>;

/** Whether there is something to wait for: most steps have nothing, and then await nothing. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as PromiseLike<T>).then === 'function'
  );
}
