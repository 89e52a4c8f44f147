import { describe, expect, it } from '@jest/globals';

import { Scaffold, summary } from '../lib/index.js';
import { RecordingSaver } from './support/recording.js';
import { itRefuses, notOptions, wrong } from './support/rejected-options.js';

describe('Scaffold', () => {
  it('holds a saver and what to summarise', () => {
    const saver = new RecordingSaver();
    const summaryOp = summary.scalar('loss');
    expect(new Scaffold({ saver, summaryOp })).toMatchObject({ saver, summaryOp });
    for (const empty of [new Scaffold(), new Scaffold({}), new Scaffold({ saver: undefined })]) {
      expect([empty.saver, empty.summaryOp]).toEqual([undefined, undefined]);
    }
  });

  const op =
    "Scaffold: 'summaryOp' must be made by summary.scalar, histogram, image, text or merge, but " +
    'got';

  itRefuses(
    (options) => new Scaffold(options),
    wrong('Scaffold', 'saver', 'an object with save()', [
      [{}, 'an object of class Object'],
      ['saver', '"saver"'],
    ]),
    [
      [{ summaryOp: 'loss' }, `${op} "loss".`],
      [{ summaryOp: { kind: 'tensor' } }, `${op} an object of class Object.`],
    ],
    notOptions('Scaffold', 'saver, summaryOp'),
  );
});
