import { CheckpointStore } from './checkpoint-store.js';
import { OUR_PREFIX } from './directory-owner.js';
import { ValueError } from './errors.js';
import { boolean, check, checked, describeValue, nonNegativeInteger, nullable } from './options.js';
import { restoreCheckpoint } from './restore-latest.js';
import type { SaverLike } from './saver.js';
import { hostOf, settleAtEnd } from './session-host.js';
import type { Progress, SessionHost } from './session-host.js';
import type { Session } from './session-run-hook.js';

/** Options of {@link Saver}. */
export interface SaverOptions {
  /** How many checkpoints to keep, the newest; 0 or `null` keeps all. Default 5. */
  readonly maxToKeep?: number | null | undefined;
  /** Keeps one for good every so many hours of the session's clock. Default 10000. */
  readonly keepCheckpointEveryNHours?: number | undefined;
  /** Whether to save and restore the optimizer's state too. Default true. */
  readonly includeOptimizer?: boolean | undefined;
  /**
   * Whether training goes on while a checkpoint is written; `save` then resolves before it is on
   * disk, and what goes wrong is thrown by the next call, or when training ends. Default false.
   */
  readonly background?: boolean | undefined;
}

/**
 * Saves and restores checkpoints: model, optimizer, global step and place in the epochs.
 *
 * A checkpoint `run/model.ckpt-500` is a directory that `tf.loadLayersModel` reads too. It is whole
 * or absent, whenever the process is killed, and once it is saved it survives power loss.
 *
 * @example
 * ```ts
 * import { CheckpointSaverHook, Saver, toCallback } from 'tfjs-hooks';
 *
 * const saver = new Saver({ maxToKeep: 3 });
 * const hook = new CheckpointSaverHook({ checkpointDir: 'run', saveSteps: 500, saver });
 * await model.fit(xs, ys, { callbacks: toCallback(hook, { restoreFrom: 'run' }) });
 * ```
 *
 * @see https://www.tensorflow.org/api_docs/python/tf/compat/v1/train/Saver
 */
export class Saver implements SaverLike {
  readonly #options: SaverOptions;
  readonly #stores = new Map<string, CheckpointStore>();
  /** Resolves when the calls so far are over. */
  #last: Promise<unknown> = Promise.resolve();
  /** What is being written while training goes on. */
  #underWay: Promise<void> | undefined;

  /** @throws {@link ValueError} On an unknown option, or one that is not of its kind. */
  constructor(options: SaverOptions = {}) {
    this.#options = checked('Saver', options, {
      maxToKeep: nullable(nonNegativeInteger),
      keepCheckpointEveryNHours: (value) =>
        Number.isFinite(value) && (value as number) > 0 ? undefined : 'a positive number of hours',
      includeOptimizer: boolean,
      background: boolean,
    });
  }

  /**
   * Saves the state of training. A checkpoint of the same step is replaced.
   *
   * @param path - The path of the checkpoint without its step, `run/model.ckpt`.
   * @param globalStep - The step to name it by.
   * @returns The path of the checkpoint, `run/model.ckpt-500`.
   * @throws Error If another process saves checkpoints in the same directory.
   */
  async save(session: Session, path: string, globalStep: number): Promise<string> {
    check('Saver', 'globalStep', globalStep, nonNegativeInteger);
    const { dir, name } = split(path);
    if (name.startsWith(OUR_PREFIX)) {
      throw new ValueError(`Saver: the name of a checkpoint must not begin with '${OUR_PREFIX}'.`);
    }
    const host = hostOf('Saver', session);
    settleAtEnd('Saver', session, this);
    await this.#inTurn(async () => {
      const { includeOptimizer = true, background = false } = this.#options;
      const snapshot = await host.trainingState().snapshot(includeOptimizer);
      const written = this.#store(host, dir, name)
        .save(session, host.clock, snapshot, globalStep, progressOf(host))
        .finally(() => snapshot.dispose());
      if (background) {
        // A failure is thrown where it is waited for.
        written.catch(() => {});
        host.attend?.(written);
        this.#underWay = written;
      } else {
        await written;
      }
    });
    return `${path.replace(/[/\\]+$/, '')}-${globalStep}`;
  }

  /**
   * Restores the state of training, and the global step.
   *
   * @param path - The path of the checkpoint, `run/model.ckpt-500`.
   * @throws {@link ValueError} If it is of another model or optimizer; the differences are named.
   * @throws Error If it is not whole. In either case nothing has changed.
   */
  async restore(session: Session, path: string): Promise<void> {
    const { dir, name } = split(path);
    const host = hostOf('Saver', session);
    await this.#inTurn(async () => {
      const parent = host.openDirectory(dir);
      const { includeOptimizer = true } = this.#options;
      await restoreCheckpoint(session, parent, parent.child(name), includeOptimizer);
    });
  }

  /** What is still being written in the background, if anything. */
  written(): Promise<void> | undefined {
    return this.#underWay;
  }

  /** Told by the hook behind an epoch: what was saved at this step belongs to the next epoch. */
  async updateProgress(session: Session): Promise<void> {
    const host = hostOf('Saver', session);
    const progress = progressOf(host);
    for (const store of this.#stores.values()) {
      if (store.isBehind(session, progress)) {
        await this.#inTurn(() => store.updateProgress(host.clock, progress));
      }
    }
  }

  /** Resolves once what is too many is gone from the disk. */
  async removed(): Promise<void> {
    await Promise.all([...this.#stores.values()].map((store) => store.removed()));
  }

  /**
   * Resolves when nothing is written any more, and gives the directories free. Every driver calls it
   * when a run is over in which the saver saved.
   *
   * @param session - Whose directories; default: all.
   */
  async settle(session?: Session): Promise<void> {
    const before = this.#inTurn(async () => {});
    await before.catch(() => {});
    const stores = [...this.#stores.values()].filter((store) => store.isOf(session));
    const ended = await Promise.allSettled([before, ...stores.map((store) => store.close())]);
    for (const end of ended) {
      if (end.status === 'rejected') {
        throw end.reason;
      }
    }
  }

  /** Acts when the calls before are over, and nothing is written any more. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(async () => {
      const underWay = this.#underWay;
      this.#underWay = undefined;
      await underWay;
      await act();
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  #store(host: SessionHost, dir: string, base: string): CheckpointStore {
    const directory = host.openDirectory(dir);
    const key = `${directory.id}/${base}`;
    let store = this.#stores.get(key);
    if (store === undefined) {
      const { maxToKeep = 5, keepCheckpointEveryNHours = 10_000, background } = this.#options;
      const rotation = {
        maxToKeep: maxToKeep ?? 0,
        keepEverySecs: keepCheckpointEveryNHours * 3600,
      };
      store = new CheckpointStore(directory, base, rotation, background === true);
      this.#stores.set(key, store);
    }
    return store;
  }
}

function progressOf({ progress }: SessionHost): Progress {
  return progress ?? { epoch: 0, batch: 0 };
}

/** @throws {@link ValueError} Unless it names a checkpoint in a directory. */
function split(path: unknown): { readonly dir: string; readonly name: string } {
  const [, dir, name] =
    typeof path === 'string' ? (/^(.*[/\\])?([^/\\]+)[/\\]*$/s.exec(path) ?? []) : [];
  if (name === undefined || name === '.' || name === '..') {
    throw new ValueError(
      `Saver: 'path' must be that of a checkpoint, 'run/model.ckpt', but got ` +
        `${describeValue(path)}.`,
    );
  }
  return { dir: dir === undefined ? '.' : (/^(.+?)[/\\]+$/s.exec(dir)?.[1] ?? dir), name };
}
