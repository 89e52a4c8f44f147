import { HookedSession, GlobalStep } from '../../lib/index.js';
import type {
  Directory,
  Progress,
  SavedState,
  Session,
  SessionHost,
  TrainingState,
} from '../../lib/index.js';

/** A state of a few numbers, which tell the step and the attempt that they were saved in. */
export class FakeState implements TrainingState {
  values: number[];
  /** Writes into a file, where another thread has the tensors. */
  write: ((path: string, bytes: Uint8Array) => Promise<void>) | undefined;

  constructor(...values: readonly number[]) {
    this.values = [...values];
  }

  snapshot(): ReturnType<TrainingState['snapshot']> {
    const all = new Uint8Array(Float32Array.from(this.values).buffer);
    const { write } = this;
    const tensors = this.values.map((_, i) => ({
      name: `weight_${i}`,
      dtype: 'float32',
      shape: [1],
      isPortable: true,
      bytes: 4,
      isInMemory: true,
      read: () => {
        if (write !== undefined) {
          throw new Error('The tensors are elsewhere.');
        }
        return all.subarray(4 * i, 4 * i + 4);
      },
    }));
    const writeTo =
      write && ((path: string, from: number, to: number) => write(path, all.subarray(from, to)));
    return { tensors, dispose: () => {}, ...(writeTo && { writeTo }) };
  }

  differences({ tensors }: SavedState): readonly string[] {
    return tensors.length === this.values.length
      ? []
      : [`${tensors.length} there, but ${this.values.length} here`];
  }

  restore(): ReturnType<TrainingState['restore']> {
    const staged: number[] = [];
    return {
      add: (bytes) => staged.push(new Float32Array(bytes.buffer)[0] as number),
      commit: () => {
        this.values = staged;
      },
      dispose: () => {},
    };
  }
}

/** A run without a driver, for what saves and restores. */
export interface CheckpointRun {
  readonly session: Session;
  readonly state: FakeState;
  readonly globalStep: GlobalStep;
  readonly warnings: readonly string[];
  progress: Progress;
  now: number;
  /** Takes steps up to this one; the state tells it. */
  goTo(step: number): Promise<void>;
}

/** @param open - Opens directories as the process of this run sees them. */
export function checkpointRun(open: (path: string) => Directory): CheckpointRun {
  const warnings: string[] = [];
  const globalStep = new GlobalStep();
  const run = {
    state: new FakeState(0, 0),
    globalStep,
    warnings,
    progress: { epoch: 0, batch: 0 },
    now: 1000,
    goTo: async (step: number) => {
      while (globalStep.value < step) {
        await hooked.beforeStep();
        await hooked.afterStep();
      }
      run.state.values[0] = step;
    },
  };
  const host = {
    globalStep,
    clock: { now: () => run.now, sleep: () => Promise.resolve() },
    logger: { info: () => {}, error: () => {}, warn: (line: string) => warnings.push(line) },
    countStep: () => globalStep.increment(),
    openDirectory: open,
    trainingState: () => run.state,
    get progress() {
      return run.progress;
    },
    stop: () => {},
  } as unknown as SessionHost;
  const hooked = new HookedSession([], host);
  return Object.assign(run, { session: hooked.session });
}
