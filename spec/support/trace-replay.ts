import * as tf from '@tensorflow/tfjs';
import { SecondOrStepTimer } from 'tfjs-hooks';

import { TraceClock } from './trace-clock.js';
import { driveEvaluate, driveMonitored } from './trace-drivers.js';
import type { EvaluationDriver } from './trace-drivers.js';
import { needsModel } from './trace-fetches.js';
import { construct, hookOf, watchers } from './trace-hooks.js';
import { compareEvaluation } from './trace-outcome.js';
import type { Comparison } from './trace-outcome.js';
import { theModel, withSources } from './trace-sources.js';
import type { ConstructorScenario, EvaluationScenario, TimerScenario } from './traces.js';

/** Makes a timer's calls, and gives them with the results that came. */
export function replayTimer({ timer, t0, calls }: TimerScenario): unknown[] {
  const clock = new TraceClock(t0);
  const subject = new SecondOrStepTimer({ ...timer, clock });
  const act = {
    should: (step: number) => subject.shouldTriggerForStep(step),
    update: (step: number) => subject.updateLastTriggeredStep(step),
    last: () => subject.lastTriggeredStep(),
    reset: () => subject.reset(),
    advance: (seconds: number) => clock.advance(seconds),
  };
  // `?? null`: what returns nothing was recorded as null.
  return calls.map(([call, argument]) => [call, argument, act[call](argument ?? 0) ?? null]);
}

/** What the constructor threw, `null` if nothing. */
export async function replayConstructor({ type, options }: ConstructorScenario): Promise<unknown> {
  return withSources(false, async (sources) => {
    try {
      construct(type, options, sources);
      return null;
    } catch (error) {
      return error;
    }
  });
}

/** Runs an evaluation through a driver. */
export async function replayEvaluation(
  { hooks: specs, runs }: EvaluationScenario,
  driver: EvaluationDriver,
): Promise<Comparison[]> {
  const asksModel = needsModel(specs);
  return withSources(driver !== 'monitored' || asksModel, async (sources) => {
    const { recorder, trace } = sources;
    const { first, last } = watchers(recorder, () => {});
    const options = {
      hooks: [first, ...specs.map((spec) => hookOf(spec, sources)), last],
      clock: new TraceClock(0),
      logger: recorder.logger(),
    };
    const comparisons: Comparison[] = [];
    for (const { batches, want } of runs) {
      recorder.startRun();
      const before = tf.memory().numTensors;
      const driven =
        driver === 'monitored'
          ? await driveMonitored(batches, (i) => (i % 2 === 0 ? undefined : 0.5), {
              ...options,
              ...(asksModel && trace && { model: trace.model }),
            })
          : await driveEvaluate(batches, theModel(trace), driver, options);
      const leak = tf.memory().numTensors - before;
      comparisons.push(compareEvaluation({ record: recorder.run, driven, leak }, want));
    }
    return comparisons;
  });
}
