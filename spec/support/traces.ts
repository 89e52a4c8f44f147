import { readFileSync } from 'node:fs';

/** A recording of what TensorFlow's hooks did. */
export type Scenario = TimerScenario | ConstructorScenario | TrainingScenario | EvaluationScenario;

export interface TimerScenario {
  readonly id: string;
  readonly kind: 'timer';
  readonly timer: Readonly<Record<string, number>>;
  /** What the clock shows at first. */
  readonly t0: number;
  readonly calls: readonly TimerCall[];
}

/** Call, argument, result. */
export type TimerCall = readonly [
  call: 'should' | 'update' | 'last' | 'reset' | 'advance',
  argument: number | null,
  result: unknown,
];

export interface ConstructorScenario {
  readonly id: string;
  readonly kind: 'constructor';
  readonly type: string;
  readonly options: HookOptions;
  readonly want: { readonly error: object | null; readonly names?: readonly string[] };
}

export interface TrainingScenario {
  readonly id: string;
  readonly kind: 'training';
  readonly drivers: readonly ('monitored' | 'fit')[];
  readonly hooks: readonly HookSpec[];
  readonly runs: readonly TrainingRun[];
  /** The name of the global step. */
  readonly stepName?: string;
  /** Whether the global step never moves. */
  readonly stalled?: boolean;
}

export interface TrainingRun {
  readonly steps: number;
  /** Where the run begins; `null` goes on with the counter of the run before. */
  readonly globalStep: number | null;
  readonly losses: readonly number[];
  readonly accs?: readonly number[];
  /** Seconds that pass ahead of each step. */
  readonly before?: readonly number[];
  /** Seconds that each step takes. */
  readonly inside: readonly number[];
  /** By how much other workers move the global step during the n-th sleep. */
  readonly moves?: readonly number[];
  /** The step that throws. */
  readonly stepThrows?: number;
  readonly runAfterStop?: boolean;
  readonly want: TrainingWant;
}

export interface TrainingWant {
  readonly ran: number;
  readonly error: RecordedError | null;
  readonly stopRequested?: boolean;
  readonly globalStep?: number;
  readonly again?: object;
  readonly seen: readonly (readonly number[])[];
  readonly lifecycle?: readonly RecordedEvent[];
  readonly log?: readonly RecordedEvent[];
  readonly checkpoint?: readonly RecordedEvent[];
  readonly summary?: readonly RecordedEvent[];
  readonly sleep?: readonly RecordedEvent[];
  /** By the index of the hook. */
  readonly finalOps?: Readonly<Record<string, unknown>>;
}

export interface EvaluationScenario {
  readonly id: string;
  readonly kind: 'evaluation';
  readonly drivers: readonly ('evaluate' | 'monitored')[];
  readonly hooks: readonly HookSpec[];
  readonly runs: readonly EvaluationRun[];
}

export interface EvaluationRun {
  readonly batches: number;
  readonly want: {
    readonly ran: number;
    readonly error: RecordedError | null;
    readonly log?: readonly RecordedEvent[];
  };
}

/** What happened, behind the number of steps that were complete then. */
export type RecordedEvent = readonly [at: number, what: unknown, ...rest: unknown[]];

/** A class, or who threw it. */
export interface RecordedError {
  readonly class?: string;
  readonly thrownBy?: 'User' | 'step';
  readonly message?: string;
}

export interface HookSpec {
  readonly type: string;
  readonly options?: HookOptions;
  /** Of a `User`: the steps in which its method asks to stop. */
  readonly requestStop?: Readonly<Record<string, readonly number[]>>;
  /** Of a `User`: the step in which its method throws. */
  readonly throw?: Readonly<Record<string, number>>;
}

export type HookOptions = Readonly<Record<string, unknown>>;

/** The scenarios of the files. */
export function loadScenarios(...paths: readonly string[]): Scenario[] {
  return paths.flatMap((path) => {
    const file = JSON.parse(readFileSync(path, 'utf8'), restoreNumber) as {
      scenarios: Scenario[];
    };
    return file.scenarios;
  });
}

/** JSON has no such numbers: they are written as strings. */
function restoreNumber(_key: string, value: unknown): unknown {
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value;
}
