import { replayEvaluation, replayTimer } from './trace-replay.js';
import { replayTraining } from './trace-training.js';
import type { Scenario } from './traces.js';

/** How many replays there were, and those that differ from their recordings. */
export interface Replayed {
  readonly replayed: number;
  readonly different: readonly unknown[];
}

interface Replay {
  readonly driver: string;
  readonly got: unknown;
  readonly want: unknown;
}

/** Replays recordings where there is no Jest to compare: in other processes, and in browsers. */
export async function replayAll(scenarios: readonly Scenario[]): Promise<Replayed> {
  const different: unknown[] = [];
  let replayed = 0;
  for (const scenario of scenarios) {
    for (const { driver, got, want } of await replaysOf(scenario)) {
      replayed += 1;
      if (!sameJson(got, want)) {
        different.push({ id: scenario.id, driver, got, want });
      }
    }
  }
  return { replayed, different };
}

async function replaysOf(scenario: Scenario): Promise<Replay[]> {
  const replays: Replay[] = [];
  if (scenario.kind === 'timer') {
    replays.push({ driver: 'timer', got: replayTimer(scenario), want: scenario.calls });
  } else if (scenario.kind === 'training') {
    for (const driver of scenario.drivers) {
      const runs = await replayTraining(scenario, driver);
      replays.push({ driver, got: runs.map(({ got }) => got), want: runs.map(({ want }) => want) });
    }
  } else if (scenario.kind === 'evaluation') {
    for (const driver of scenario.drivers) {
      const runs = await replayEvaluation(scenario, driver);
      replays.push({ driver, got: runs.map(({ got }) => got), want: runs.map(({ want }) => want) });
    }
  }
  return replays;
}

/** As Jest's `toEqual` has it: what is undefined is not there, and 0 is not -0. */
function sameJson(a: unknown, b: unknown): boolean {
  const spell = (value: unknown): string =>
    JSON.stringify(value, (_key, one: unknown) =>
      typeof one === 'number' && (!Number.isFinite(one) || Object.is(one, -0)) ? `#${one}` : one,
    );
  return spell(a) === spell(b);
}
