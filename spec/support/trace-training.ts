import * as tf from '@tensorflow/tfjs';
import { FinalOpsHook, GlobalStep } from 'tfjs-hooks';
import type { SessionRunHook } from 'tfjs-hooks';

import { TraceClock } from './trace-clock.js';
import { driveFit, driveMonitored, sharedCounter, stepResult } from './trace-drivers.js';
import type { Counter, Driven, TrainingDriver } from './trace-drivers.js';
import { needsModel } from './trace-fetches.js';
import { hookOf, watchers } from './trace-hooks.js';
import { leakOfThrowing } from './trace-model.js';
import type { StepValues, ThrowPlace } from './trace-model.js';
import { compareTraining } from './trace-outcome.js';
import type { Comparison, Outcome } from './trace-outcome.js';
import { theModel, withSources } from './trace-sources.js';
import type { ReplaySources } from './trace-sources.js';
import type { TrainingRun, TrainingScenario, TrainingWant } from './traces.js';

/**
 * Trains through a driver, with the same hooks in every run.
 *
 * `isShared`: with a counter that answers later.
 */
export async function replayTraining(
  scenario: TrainingScenario,
  driver: TrainingDriver,
  isShared: boolean = false,
): Promise<Comparison[]> {
  const hasAcc = scenario.runs.some(({ accs }) => accs !== undefined);
  return withSources(
    driver === 'fit' || needsModel(scenario.hooks),
    async (sources) => new TrainingReplay(scenario, driver, sources, hasAcc, isShared).replay(),
    hasAcc,
  );
}

class TrainingReplay {
  readonly #scenario: TrainingScenario;
  readonly #driver: TrainingDriver;
  readonly #sources: ReplaySources;
  readonly #hasAcc: boolean;
  readonly #isShared: boolean;
  readonly #clock: TraceClock;
  readonly #hooks: readonly SessionRunHook[];
  #counter: Counter = new GlobalStep();
  #run: TrainingRun | undefined;

  constructor(
    scenario: TrainingScenario,
    driver: TrainingDriver,
    sources: ReplaySources,
    hasAcc: boolean,
    isShared: boolean,
  ) {
    this.#scenario = scenario;
    this.#driver = driver;
    this.#sources = sources;
    this.#hasAcc = hasAcc;
    this.#isShared = isShared;
    // At 0, which is a time like any other.
    this.#clock = new TraceClock(0, (seconds, sleep) => {
      sources.recorder.note('sleep', seconds);
      void this.#counter.increment(this.#run?.moves?.[sleep] ?? 0);
    });
    this.#hooks = scenario.hooks.map((spec) => hookOf(spec, sources));
  }

  async replay(): Promise<Comparison[]> {
    const { runs } = this.#scenario;
    const outcomes: { outcome: Outcome; want: TrainingWant }[] = [];
    for (const [index, run] of runs.entries()) {
      const outcome = await this.#replayRun(run, index === runs.length - 1);
      outcomes.push({ outcome, want: run.want });
    }
    // Compared behind all runs: `fit` tells of some errors as late as in the next one.
    return outcomes.map(({ outcome, want }) =>
      compareTraining(outcome, want, this.#sources.recorder.aborts, this.#driver === 'monitored'),
    );
  }

  async #replayRun(run: TrainingRun, isLast: boolean): Promise<Outcome> {
    const { recorder } = this.#sources;
    const stepError = new Error(`boom in step ${run.stepThrows}`);
    const tfjsLeak = await this.#leakOfTfjs(run);
    this.#run = run;
    if (run.globalStep !== null) {
      this.#counter = counterOf(this.#scenario, run.globalStep);
    }
    this.#clock.startRun();
    recorder.startRun();
    const before = tf.memory().numTensors;
    const driven = await this.#drive(run, stepError);
    const leak = tf.memory().numTensors - before;
    const isUntold = this.#driver === 'fit' && run.want.error?.thrownBy === 'step';
    return {
      record: recorder.run,
      driven,
      stepError,
      finalOps: this.#finalOps(run.want),
      globalStep: recorder.run.session?.globalStep,
      leak: leak < 0 ? leak : Math.max(0, leak - tfjsLeak),
      abort: isUntold ? (isLast ? 'never' : 'late') : 'now',
    };
  }

  async #drive(run: TrainingRun, stepError: Error): Promise<Driven> {
    const { recorder, trace } = this.#sources;
    const { first, last } = watchers(recorder, (step) => {
      this.#clock.advance(run.before?.[step] ?? 0);
    });
    const options = {
      hooks: [first, ...this.#hooks, last],
      clock: this.#clock,
      logger: recorder.logger(),
      globalStep: this.#isShared ? sharedCounter(this.#counter) : this.#counter,
    };
    const values = (step: number): StepValues => {
      if (step === run.stepThrows) {
        throw stepError;
      }
      this.#clock.advance(run.inside[step] ?? 0);
      const acc = run.accs?.[step];
      return { loss: run.losses[step] ?? 0, ...(acc !== undefined && { acc }) };
    };
    if (this.#driver === 'fit') {
      let step = 0;
      const model = theModel(trace);
      model.script(() => values(step++));
      return driveFit(run.steps, model, options);
    }
    return driveMonitored(
      run.steps,
      (step) => stepResult(step, values(step)),
      { ...options, ...(trace && { model: trace.model }) },
      run.runAfterStop,
    );
  }

  #finalOps(want: TrainingWant): Record<string, unknown> {
    return Object.fromEntries(
      Object.keys(want.finalOps ?? {}).map((index) => {
        const hook = this.#hooks[Number(index)];
        return [index, hook instanceof FinalOpsHook ? (hook.finalOpsValues ?? null) : hook];
      }),
    );
  }

  /** `fit` leaks tensors of its own when something throws. */
  async #leakOfTfjs({ steps, stepThrows, want }: TrainingRun): Promise<number> {
    if (this.#driver !== 'fit' || want.error === null) {
      return 0;
    }
    const [place, batch] = throwPlace(want, stepThrows);
    return leakOfThrowing(place, batch, steps, this.#hasAcc);
  }
}

function counterOf({ stepName, stalled }: TrainingScenario, start: number): Counter {
  return stalled === true
    ? { name: stepName ?? 'global_step', value: start, increment: () => start }
    : new GlobalStep(start, stepName);
}

function throwPlace({ error, ran }: TrainingWant, stepThrows = 0): [ThrowPlace, number] {
  if (error?.thrownBy === 'step') {
    return ['step', stepThrows];
  }
  switch (/^boom in (\w+)$/.exec(error?.message ?? '')?.[1]) {
    case 'begin':
    case 'afterCreateSession':
      return ['onTrainBegin', 0];
    case 'beforeRun':
      return ['onBatchBegin', ran];
    case 'end':
      return ['onTrainEnd', 0];
    default:
      return ['onBatchEnd', ran - 1];
  }
}
