import { describe, expect, it } from '@jest/globals';

import {
  CheckpointSaverHook,
  GlobalStepWaiterHook,
  hostOf,
  LoggingTensorHook,
  StepCounterHook,
  summary,
  SummarySaverHook,
  ValueError,
} from '../lib/index.js';
import type { Session, SessionRunHook } from '../lib/index.js';
import { FakeHost, ManualClock, run } from './support/fake-session.js';
import { rejectionOf } from './support/recorder.js';
import { RecordingLogger } from './support/recording.js';

/** A session that no driver of this package has made. */
const foreign: Session = {
  globalStep: 0,
  globalStepName: 'global_step',
  clock: new ManualClock(0),
  logger: new RecordingLogger(),
  run: () => Promise.reject(new Error('Not to be called.')),
};

const summaryOp = summary.scalar('loss');
const hooks: readonly SessionRunHook[] = [
  new CheckpointSaverHook({ checkpointDir: 'run', saveSteps: 1 }),
  new GlobalStepWaiterHook({ waitUntilStep: 1 }),
  new LoggingTensorHook({ tensors: ['loss'], everyNIter: 1 }),
  new StepCounterHook({ outputDir: 'run' }),
  new SummarySaverHook({ outputDir: 'run', saveSteps: 1, summaryOp }),
];

describe('the host of a session', () => {
  it('is the one whose run it is', async () => {
    const host = new FakeHost();
    const { session } = await run({}, 1, { host });
    expect(hostOf('Hook', session)).toBe(host);
  });

  it.each(hooks.map((hook) => ({ name: hook.constructor.name, hook })))(
    'is missed by a $name in a session of another making',
    async ({ name, hook }) => {
      const begin = async (): Promise<void> => {
        await hook.begin?.(foreign);
        await hook.afterCreateSession?.(foreign);
        await hook.beforeRun?.({ session: foreign, stopRequested: false, requestStop() {} });
      };
      expect(await rejectionOf(begin())).toEqual(
        new ValueError(`${name}: needs the session of one of this package's drivers.`),
      );
    },
  );
});
