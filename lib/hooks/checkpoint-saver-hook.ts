import { ValueError } from '../errors.js';
import { ignoreLogs } from '../epoch-logs.js';
import {
  checked,
  className,
  exactlyOne,
  isObject,
  nonEmptyString,
  objectWith,
  positiveInteger,
  required,
  seconds,
} from '../options.js';
import type { CheckpointSaverListener, SaverLike } from '../saver.js';
import type { Scaffold } from '../scaffold.js';
import { hostOf, settleAtEnd } from '../session-host.js';
import type { Session, SessionRunContext, SessionRunHook } from '../session-run-hook.js';
import { SecondOrStepTimer } from '../timer.js';

/** Options of {@link CheckpointSaverHook}: exactly one of `saveSecs` and `saveSteps`. */
export interface CheckpointSaverHookOptions {
  /** The directory of the checkpoints; made where it is missing. */
  readonly checkpointDir: string;
  /** Saves every so many seconds. */
  readonly saveSecs?: number | undefined;
  /** Saves every so many steps. */
  readonly saveSteps?: number | undefined;
  /** What saves. Default: the scaffold's saver, or else a `Saver` with its defaults. */
  readonly saver?: SaverLike | undefined;
  /** What the name of a checkpoint begins with. Default `'model.ckpt'`. */
  readonly checkpointBasename?: string | undefined;
  /** Holds the saver, shared with other hooks; not together with `saver`. */
  readonly scaffold?: Scaffold | undefined;
  /** Called around each save. Default: none. */
  readonly listeners?: readonly CheckpointSaverListener[] | undefined;
}

/**
 * Saves checkpoints every N steps or seconds, when training begins, and when it ends in order.
 *
 * It writes no event file, and saves nothing when training failed.
 *
 * @example
 * ```ts
 * import { CheckpointSaverHook, toCallback } from 'tfjs-hooks';
 *
 * const saver = new CheckpointSaverHook({ checkpointDir: 'run', saveSteps: 500 });
 * await model.fit(xs, ys, { callbacks: toCallback(saver, { restoreFrom: 'run' }) });
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/CheckpointSaverHook
 */
export class CheckpointSaverHook implements SessionRunHook {
  readonly #options: CheckpointSaverHookOptions;
  readonly #listeners: readonly CheckpointSaverListener[];
  readonly #path: string;
  #timer: SecondOrStepTimer | undefined;
  /** A save whose `afterSave` is still to come: it is being written while training goes on. */
  #late: LateSave | undefined;

  /**
   * @throws {@link ValueError} Unless exactly one interval and at most one of `saver` and
   *   `scaffold` is given.
   */
  constructor(options: CheckpointSaverHookOptions) {
    const own = checked('CheckpointSaverHook', options, {
      checkpointDir: nonEmptyString,
      saveSecs: seconds,
      saveSteps: positiveInteger,
      saver: objectWith('save'),
      checkpointBasename: (value) =>
        nonEmptyString(value) === undefined && !/[/\\]|^\.{1,2}$/.test(value as string)
          ? undefined
          : 'the name of a file, without its folder',
      scaffold: (value) => (isObject(value) ? undefined : 'a Scaffold'),
      listeners: (value) =>
        Array.isArray(value) && value.every(isObject) ? undefined : 'an array of listeners',
    });
    required('CheckpointSaverHook', own, 'checkpointDir');
    if (own.saver !== undefined && own.scaffold !== undefined) {
      throw new ValueError(
        "CheckpointSaverHook: at most one of 'saver' and 'scaffold' can be given, but got both.",
      );
    }
    exactlyOne('CheckpointSaverHook', own, 'saveSecs', 'saveSteps');
    this.#options = own;
    this.#listeners = [...(own.listeners ?? [])];
    this.#path = join(own.checkpointDir, own.checkpointBasename ?? 'model.ckpt');
    ignoreLogs(this);
  }

  async begin(session: Session): Promise<void> {
    // Where there is none, the host says so now, and not at the first save.
    settleAtEnd('CheckpointSaverHook', session, this.#saver(session));
    this.#timer = new SecondOrStepTimer({
      everySecs: this.#options.saveSecs,
      everySteps: this.#options.saveSteps,
      clock: session.clock,
    });
    this.#late = undefined;
    for (const listener of this.#listeners) {
      await listener.begin?.();
    }
  }

  async afterCreateSession(session: Session): Promise<void> {
    await this.#save(session, session.globalStep);
    this.#timer?.updateLastTriggeredStep(session.globalStep);
  }

  afterRun(context: SessionRunContext): Promise<void> | undefined {
    const { globalStep } = context.session;
    if (this.#timer?.shouldTriggerForStep(globalStep) === true) {
      this.#timer.updateLastTriggeredStep(globalStep);
      return this.#stopWhere(this.#save(context.session, globalStep), context);
    }
    return this.#late?.isOver === true
      ? this.#stopWhere(this.#finishLate(context.session), context)
      : undefined;
  }

  async afterEpoch(session: Session): Promise<void> {
    await this.#saver(session).updateProgress?.(session);
  }

  async end(session: Session): Promise<void> {
    const lastStep = Number(await session.run(session.globalStepName));
    if (lastStep !== this.#timer?.lastTriggeredStep()) {
      await this.#save(session, lastStep);
    }
    await this.#finishLate(session);
    for (const listener of this.#listeners) {
      await listener.end?.(session, lastStep);
    }
  }

  /** @returns Whether a listener asks to stop. */
  async #save(session: Session, step: number): Promise<boolean> {
    const shouldStop = await this.#finishLate(session);
    for (const listener of this.#listeners) {
      await listener.beforeSave?.(session, step);
    }
    session.logger.info(`Saving checkpoints for ${step} into ${this.#path}.`);
    const saver = this.#saver(session);
    await saver.save(session, this.#path, step);
    const written = saver.written?.();
    if (written === undefined) {
      return (await this.#afterSave(session, step)) || shouldStop;
    }
    const late: LateSave = { step, written, isOver: false };
    const over = (): void => {
      late.isOver = true;
    };
    written.then(over, over);
    this.#late = late;
    return shouldStop;
  }

  /** Waits for the save that is being written, if any, and tells the listeners. */
  async #finishLate(session: Session): Promise<boolean> {
    const late = this.#late;
    this.#late = undefined;
    if (late === undefined) {
      return false;
    }
    await late.written;
    return this.#afterSave(session, late.step);
  }

  async #afterSave(session: Session, step: number): Promise<boolean> {
    let shouldStop = false;
    if (this.#listeners.length > 0) {
      // They may look at the directory, or copy it.
      await this.#saver(session).removed?.();
    }
    for (const listener of this.#listeners) {
      if ((await listener.afterSave?.(session, step)) === true) {
        session.logger.info(
          `A CheckpointSaverListener requested that training be stopped. listener: ` +
            className(listener),
        );
        shouldStop = true;
      }
    }
    return shouldStop;
  }

  async #stopWhere(asked: Promise<boolean>, context: SessionRunContext): Promise<void> {
    if (await asked) {
      context.requestStop('A CheckpointSaverListener requested that training be stopped.');
    }
  }

  #saver(session: Session): SaverLike {
    const { saver, scaffold } = this.#options;
    return saver ?? scaffold?.saver ?? hostOf('CheckpointSaverHook', session).saver;
  }
}

interface LateSave {
  readonly step: number;
  readonly written: Promise<void>;
  isOver: boolean;
}

function join(dir: string, name: string): string {
  return dir.endsWith('/') ? dir + name : `${dir}/${name}`;
}
