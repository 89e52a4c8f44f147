import type { SessionRunHook } from './session-run-hook.js';

const withoutLogs = new WeakSet<SessionRunHook>();

/** Notes that a hook's `afterEpoch` does without the logs: where all do, they are not read back. */
export function ignoreLogs(hook: SessionRunHook): void {
  withoutLogs.add(hook);
}

export function ignoresLogs(hook: SessionRunHook): boolean {
  return withoutLogs.has(hook);
}
