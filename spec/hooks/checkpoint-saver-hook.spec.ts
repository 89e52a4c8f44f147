import { describe, expect, it } from '@jest/globals';
import { CheckpointSaverHook, GlobalStep, Scaffold } from 'tfjs-hooks';
import type { CheckpointSaverHookOptions, Session } from 'tfjs-hooks';

import { FakeHost, run } from '../support/fake-session.js';
import { RecordingSaver } from '../support/recording.js';
import {
  itRefuses,
  notNames,
  notOptions,
  notPositiveIntegers,
  notSeconds,
  wrong,
} from '../support/rejected-options.js';

/** The steps of checkpoints that are in `run/model.ckpt`. */
function stepsIn({ saves }: RecordingSaver): number[] {
  return saves.map((path) => Number(path.replace(/^run\/model\.ckpt-/, '')));
}

function everySteps(saveSteps: number, options: Partial<CheckpointSaverHookOptions> = {}) {
  return new CheckpointSaverHook({ checkpointDir: 'run', saveSteps, ...options });
}

function everySecs(saveSecs: number, options: Partial<CheckpointSaverHookOptions> = {}) {
  return new CheckpointSaverHook({ checkpointDir: 'run', saveSecs, ...options });
}

describe('CheckpointSaverHook', () => {
  it('saves every saveSteps steps, before the first, and at the end', async () => {
    const seen: unknown[] = [];
    const { host } = await run(everySteps(2), 5, {
      step: (_, { saver }) => void seen.push(saver.latest),
    });
    expect(seen).toEqual([0, 0, 2, 2, 4]);
    expect(stepsIn(host.saver)).toEqual([0, 2, 4, 5]);
  });

  it('does not save twice where the last step was saved', async () => {
    const { host } = await run(everySteps(2), 4);
    expect(stepsIn(host.saver)).toEqual([0, 2, 4]);
  });

  it('saves once in a run without steps', async () => {
    const { host } = await run(everySteps(2), 0, { globalStep: 7 });
    expect(stepsIn(host.saver)).toEqual([7]);
  });

  it('saves every saveSecs seconds', async () => {
    const times = [0, 0.5, 2.5, 2.6, 2.7, 10];
    const { host } = await run(everySecs(2), 7, {
      secsPerStep: 0,
      step: (i, { clock }) => {
        clock.advance(1000 + (times[i] ?? 10) - clock.now());
      },
    });
    expect(stepsIn(host.saver)).toEqual([0, 3, 6, 7]);
  });

  it('saves when the interval is over to the second', async () => {
    const { host } = await run(everySecs(2), 5);
    expect(stepsIn(host.saver)).toEqual([0, 2, 4, 5]);
  });

  it('saves every step where saveSecs is 0', async () => {
    const { host } = await run(everySecs(0), 2, { secsPerStep: 0 });
    expect(stepsIn(host.saver)).toEqual([0, 1, 2]);
  });

  it('counts by the global step, from where the run begins', async () => {
    const { host } = await run(everySteps(10), 5, { globalStep: 5, increment: 5 });
    expect(stepsIn(host.saver)).toEqual([5, 15, 25, 30]);
  });

  it('saves what was restored', async () => {
    const globalStep = new GlobalStep();
    const { host } = await run(everySteps(10), 1, {
      globalStep,
      restore: () => globalStep.restore(50),
    });
    expect(stepsIn(host.saver)).toEqual([50, 51]);
  });

  it('saves the step that a shared counter has come to at the end', async () => {
    const globalStep = new GlobalStep();
    const move = { end: () => void globalStep.increment(5) };
    const { host } = await run([move, everySteps(2)], 2, { globalStep });
    expect(stepsIn(host.saver)).toEqual([0, 2, 7]);
  });

  it('logs each save', async () => {
    const { host } = await run(everySteps(2), 2);
    expect(host.logger.entries).toEqual([
      ['info', 'Saving checkpoints for 0 into run/model.ckpt.'],
      ['info', 'Saving checkpoints for 2 into run/model.ckpt.'],
    ]);
  });

  it('names checkpoints as it is told', async () => {
    const hook = everySteps(2, { checkpointDir: '/a/b/', checkpointBasename: 'mine' });
    const { host, lines } = await run(hook, 0);
    expect(host.saver.saves).toEqual(['/a/b/mine-0']);
    expect(lines).toEqual(['Saving checkpoints for 0 into /a/b/mine.']);
  });

  it("takes the saver that is given, or else the scaffold's, or else the driver's", async () => {
    const saver = new RecordingSaver();
    for (const options of [{ saver }, { scaffold: new Scaffold({ saver }) }]) {
      const { host } = await run(everySteps(1, options), 0);
      expect([saver.saves.splice(0), host.saver.saves]).toEqual([['run/model.ckpt-0'], []]);
    }
    const { host, session } = await run(everySteps(1, { scaffold: new Scaffold() }), 0);
    expect(host.saver.saves).toEqual(['run/model.ckpt-0']);
    expect([...host.saver.sessions]).toEqual([session]);
  });

  it('saves nothing when training failed, and waits for what is under way', async () => {
    const host = new FakeHost();
    const step = (i: number): void => {
      if (i === 3) {
        throw new Error('no');
      }
    };
    await expect(run(everySteps(2), 5, { host, step })).rejects.toThrow('no');
    expect(stepsIn(host.saver)).toEqual([0, 2]);
    expect(host.saver.settled).toBe(1);
  });

  it('waits at the end for what is under way', async () => {
    const { host } = await run(everySteps(2), 2);
    expect(host.saver.settled).toBe(1);
  });

  it('is at peace with a saver that saves at once and does nothing else', async () => {
    const saves: number[] = [];
    const saver = { save: (_: Session, __: string, step: number) => void saves.push(step) };
    await run(everySteps(2, { saver }), 4, { epochSize: 2 });
    expect(saves).toEqual([0, 2, 4]);
  });

  it('fails the run with the error of the saver', async () => {
    const error = new Error('The disk is full.');
    const saver = { save: () => Promise.reject(error) };
    await expect(run(everySteps(2, { saver }), 1)).rejects.toBe(error);
  });

  it('tells its saver behind each epoch', async () => {
    let told = 0;
    const saver = Object.assign(new RecordingSaver(), { updateProgress: () => void (told += 1) });
    await run(everySteps(2, { saver }), 4, { epochSize: 2 });
    expect(told).toBe(2);
  });

  it('reads nothing in a step', async () => {
    const { host } = await run(everySteps(1), 3);
    expect(host.reads).toEqual([]);
  });

  it('opens no event file', async () => {
    const { host } = await run(everySteps(1), 3);
    expect(host.writers.size).toBe(0);
  });

  it('serves a second run', async () => {
    const globalStep = new GlobalStep();
    const hook = everySteps(2);
    await run(hook, 3, { globalStep });
    const { host } = await run(hook, 3, { globalStep });
    expect(stepsIn(host.saver)).toEqual([3, 5, 6]);
  });

  const intervals =
    "CheckpointSaverHook: exactly one of 'saveSecs' and 'saveSteps' must be given, but got";
  const dir = { checkpointDir: 'run' };
  const enough = { ...dir, saveSteps: 1 };
  const file = 'the name of a file, without its folder';
  const saver = new RecordingSaver();

  itRefuses(
    (options) => new CheckpointSaverHook(options),
    [
      [undefined, "CheckpointSaverHook: 'checkpointDir' must be given."],
      [{ saveSteps: 1 }, "CheckpointSaverHook: 'checkpointDir' must be given."],
      [dir, `${intervals} neither.`],
      [{ ...enough, saveSecs: 5 }, `${intervals} both.`],
      [
        { ...enough, saver, scaffold: new Scaffold({ saver }) },
        "CheckpointSaverHook: at most one of 'saver' and 'scaffold' can be given, but got both.",
      ],
    ],
    wrong('CheckpointSaverHook', 'checkpointDir', 'a non-empty string', notNames),
    wrong('CheckpointSaverHook', 'saveSteps', 'a positive integer', notPositiveIntegers, dir),
    wrong('CheckpointSaverHook', 'saveSecs', 'a non-negative number of seconds', notSeconds, dir),
    wrong('CheckpointSaverHook', 'checkpointBasename', file, notNames, enough),
    wrong(
      'CheckpointSaverHook',
      'checkpointBasename',
      file,
      ['a/b', '..', '.', '/', 'a\\b'].map((name) => [name, JSON.stringify(name)]),
      enough,
    ),
    wrong(
      'CheckpointSaverHook',
      'saver',
      'an object with save()',
      [
        [{ restore() {} }, 'an object of class Object'],
        ['saver', '"saver"'],
      ],
      enough,
    ),
    wrong('CheckpointSaverHook', 'scaffold', 'a Scaffold', [['scaffold', '"scaffold"']], enough),
    wrong(
      'CheckpointSaverHook',
      'listeners',
      'an array of listeners',
      [
        [{ begin() {} }, 'an object of class Object'],
        [[undefined], 'an array of length 1'],
      ],
      enough,
    ),
    notOptions(
      'CheckpointSaverHook',
      'checkpointDir, saveSecs, saveSteps, saver, checkpointBasename, scaffold, listeners',
    ),
  );
});
