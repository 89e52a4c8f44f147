import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ValueError } from 'tfjs-hooks';

import { replayConstructor, replayEvaluation, replayTimer } from './support/trace-replay.js';
import type { Comparison } from './support/trace-outcome.js';
import { replayTraining } from './support/trace-training.js';
import { loadScenarios } from './support/traces.js';
import type { Scenario } from './support/traces.js';

// No banner on the console.
tf.env().set('IS_TEST', true);

const own = join(__dirname, 'tensorflow-traces', 'traces.json');
/** The path of a file with more recordings, for use by hand. */
const more = process.env['TRACES'];
const scenarios = loadScenarios(own, ...(more === undefined ? [] : [more]));

const timers = scenarios.filter(isKind('timer'));
const constructors = scenarios.filter(isKind('constructor'));
const trainings = scenarios.filter(isKind('training'));
const evaluations = scenarios.filter(isKind('evaluation'));

describe('recordings of TensorFlow', () => {
  it('are there, of every kind', () => {
    expect([timers, constructors, trainings, evaluations].map((list) => list.length)).toEqual(
      more === undefined ? [6, 21, 79, 7] : Array(4).fill(expect.any(Number)),
    );
  });

  describe('SecondOrStepTimer', () => {
    it.each(timers)('$id', (scenario) => {
      expect(replayTimer(scenario)).toEqual(scenario.calls);
    });
  });

  describe('constructors', () => {
    it.each(constructors)('$id', async (scenario) => {
      const { type, want } = scenario;
      const error = await replayConstructor(scenario);
      if (want.error === null) {
        expect(error).toBeNull();
        return;
      }
      expect(error).toBeInstanceOf(ValueError);
      const { message } = error as ValueError;
      expect(message).toContain(type);
      expect(want.names?.filter((name) => message.includes(name))).not.toEqual([]);
    });
  });

  describe.each([
    { driver: 'monitored', counter: 'a counter', isShared: false },
    { driver: 'monitored', counter: 'a counter that answers later', isShared: true },
    { driver: 'fit', counter: 'a counter', isShared: false },
    { driver: 'fit', counter: 'a counter that answers later', isShared: true },
  ] as const)('training through $driver with $counter', ({ driver, isShared }) => {
    it.each(trainings.filter(({ drivers }) => drivers.includes(driver)))(
      '$id',
      async (scenario) => {
        expectAsRecorded(await replayTraining(scenario, driver, isShared));
      },
    );
  });

  describe.each([
    { driver: 'monitored', name: 'monitored' },
    { driver: 'evaluate', name: 'evaluate' },
    { driver: 'evaluateDataset', name: 'evaluate' },
  ] as const)('evaluation through $driver', ({ driver, name }) => {
    it.each(evaluations.filter(({ drivers }) => drivers.includes(name)))(
      '$id',
      async (scenario) => {
        expectAsRecorded(await replayEvaluation(scenario, driver));
      },
    );
  });
});

function expectAsRecorded(runs: readonly Comparison[]): void {
  expect(runs.map(({ got }) => got)).toEqual(runs.map(({ want }) => want));
}

function isKind<K extends Scenario['kind']>(
  kind: K,
): (scenario: Scenario) => scenario is Extract<Scenario, { kind: K }> {
  return (scenario): scenario is Extract<Scenario, { kind: K }> => scenario.kind === kind;
}
