import { className } from './options.js';
import type { SessionRunHook } from './session-run-hook.js';

/** A run that holds hooks. */
export interface Holder {
  /** Whether the run can still go on. */
  readonly alive: boolean;
  /** Aborts a run that is over without having said so. */
  abandon(): Promise<void>;
}

const holders = new WeakMap<SessionRunHook, Holder>();

/**
 * Takes hooks for a run. A run that is over without having said so (a `fit` that failed outside
 * its callbacks) gives up its hooks here.
 *
 * @throws Error If one of them takes part in another run.
 */
export async function claim(hooks: readonly SessionRunHook[], holder: Holder): Promise<void> {
  for (;;) {
    const others = new Set(hooks.map((hook) => holders.get(hook)));
    others.delete(undefined);
    if (others.size === 0) {
      break;
    }
    for (const other of others as Set<Holder>) {
      if (other.alive) {
        const hook = hooks.find((one) => holders.get(one) === other);
        throw new Error(
          `${hook === undefined ? 'A hook' : className(hook)} takes part in another run: a hook ` +
            `serves one run after another, not two at once.`,
        );
      }
      await other.abandon();
    }
  }
  for (const hook of hooks) {
    holders.set(hook, holder);
  }
}

/** Gives the hooks of a run back. */
export function release(hooks: readonly SessionRunHook[], holder: Holder): void {
  for (const hook of hooks) {
    if (holders.get(hook) === holder) {
      holders.delete(hook);
    }
  }
}
