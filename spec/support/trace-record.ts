import * as tf from '@tensorflow/tfjs';
import type { CheckpointSaverListener, Logger, Session, SummaryWriter } from 'tfjs-hooks';

import type { RecordedEvent } from './traces.js';

/** What a run did, in the form of the recordings. */
export interface RunRecord {
  /** Steps completed so far. */
  ran: number;
  /** The session's global step ahead of each step and behind it. */
  readonly seen: number[][];
  readonly lifecycle: RecordedEvent[];
  readonly log: RecordedEvent[];
  readonly checkpoint: RecordedEvent[];
  readonly summary: RecordedEvent[];
  readonly sleep: RecordedEvent[];
  /** What `User` hooks threw. */
  readonly thrown: unknown[];
  session?: Session;
}

/** An `abort` that a watcher got. */
export interface RecordedAbort {
  readonly watcher: string;
  /** Of the run that failed: `fit` may tell as late as in the next one. */
  readonly session: Session;
  readonly error: unknown;
}

type EventList = 'lifecycle' | 'log' | 'checkpoint' | 'summary' | 'sleep';

/** Notes what happens in one run after another; hooks, writers and savers outlive runs. */
export class Recorder {
  /** Of all runs. */
  readonly aborts: RecordedAbort[] = [];
  readonly #directory: string;
  #run: RunRecord = newRecord();

  /** `directory` is what the recordings call `run`. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  get run(): RunRecord {
    return this.#run;
  }

  startRun(): void {
    this.#run = newRecord();
  }

  note(list: EventList, what: string | number, ...rest: readonly unknown[]): void {
    this.#run[list].push([this.#run.ran, what, ...rest]);
  }

  logger(): Logger {
    const note =
      (level: string) =>
      (...message: readonly unknown[]): void =>
        this.note('log', level, this.#renamed(message.map(String).join(' ')));
    return { info: note('info'), warn: note('warn'), error: note('error') };
  }

  saver(): {
    save(session: Session, path: string, globalStep: number): Promise<string>;
    restore(session: Session, path: string): Promise<void>;
  } {
    return {
      save: async (_session, path, globalStep) => {
        this.note('checkpoint', 'save', globalStep, this.#renamed(path));
        return `${path}-${globalStep}`;
      },
      restore: async (_session, path) => {
        throw new Error(`Nobody asked for a restore from ${path}.`);
      },
    };
  }

  writer(): SummaryWriter {
    return {
      scalar: (name: string, value: unknown, step: number | bigint) => {
        this.note('summary', 'scalar', name, float32(value), Number(step));
      },
      histogram: (name: string, data: unknown, step: number | bigint) => {
        this.note('summary', 'histogram', name, statistics(data), Number(step));
      },
      flush: () => {
        this.note('summary', 'flush');
      },
    };
  }

  /** Listener `index` of a hook, with these methods only; asks to stop at the steps `stopAt`. */
  listener(
    index: number,
    stopAt: readonly number[] = [],
    methods: readonly string[] = ['begin', 'beforeSave', 'afterSave', 'end'],
  ): CheckpointSaverListener {
    const all: Required<CheckpointSaverListener> = {
      begin: () => this.note('checkpoint', 'begin', index),
      beforeSave: (_session, globalStep) =>
        this.note('checkpoint', 'beforeSave', index, globalStep),
      afterSave: (_session, globalStep) => {
        this.note('checkpoint', 'afterSave', index, globalStep);
        return stopAt.includes(globalStep);
      },
      end: (_session, globalStep) => this.note('checkpoint', 'end', index, globalStep),
    };
    return Object.fromEntries(Object.entries(all).filter(([method]) => methods.includes(method)));
  }

  #renamed(text: string): string {
    return text.replaceAll(this.#directory, 'run').replaceAll('run\\', 'run/');
  }
}

function newRecord(): RunRecord {
  return {
    ran: 0,
    seen: [],
    lifecycle: [],
    log: [],
    checkpoint: [],
    summary: [],
    sleep: [],
    thrown: [],
  };
}

/** A number or a scalar tensor, as float32: writers take both. */
function float32(value: unknown): unknown {
  if (value instanceof tf.Tensor) {
    return value.size === 1 ? Math.fround(value.dataSync()[0] ?? NaN) : value;
  }
  return typeof value === 'number' ? Math.fround(value) : value;
}

/** As float32, like all values of summaries: it hides the order of the sum. */
function statistics(data: unknown): unknown {
  if (!(data instanceof tf.Tensor)) {
    return data;
  }
  const values = Array.from(data.dataSync());
  return {
    num: values.length,
    sum: Math.fround(values.reduce((sum, value) => sum + value, 0)),
    min: Math.fround(Math.min(...values)),
    max: Math.fround(Math.max(...values)),
  };
}
