import type { RunSession } from './run-session.js';
import type { Session, SessionRunContext } from './session-run-hook.js';

/** What hooks get in a step: one for the whole run, so that a step makes none. */
export class RunContext implements SessionRunContext {
  readonly #run: RunSession;
  readonly requestStop: (reason?: string) => void;

  constructor(run: RunSession) {
    this.#run = run;
    this.requestStop = (reason) => run.requestStop(reason);
  }

  get session(): Session {
    return this.#run;
  }

  get stopRequested(): boolean {
    return this.#run.stopRequested;
  }
}
