import { describe, expect, it } from '@jest/globals';

import { eventFileName } from '../../adapters/node/event-file-name.js';

const REST = 'host.1.0.v2';

describe('eventFileName', () => {
  it('is stamped with the time', () => {
    expect(eventFileName([], 1_700_000_000.9, REST)).toBe(
      'events.out.tfevents.1700000000.host.1.0.v2',
    );
  });

  it('pads an early time to ten digits', () => {
    expect(eventFileName([], 7, REST)).toBe('events.out.tfevents.0000000007.host.1.0.v2');
  });

  it('takes the time where that is past all stamps', () => {
    const existing = ['events.out.tfevents.1600000000.host.1.0.v2'];

    expect(eventFileName(existing, 1_700_000_000, REST)).toContain('.1700000000.');
  });

  it('runs ahead of a clock that was set back', () => {
    const existing = [
      'events.out.tfevents.1700000005.host.1.0.v2',
      'events.out.tfevents.1700000009.host.1.0.v2',
    ];

    expect(eventFileName(existing, 1_700_000_000, REST)).toContain('.1700000010.');
  });

  it('sorts behind the files that it is asked for within one second', () => {
    const names: string[] = [];
    for (let i = 0; i < 20; i++) {
      names.push(eventFileName(names, 1_700_000_000, `host.1.${i}.v2`));
    }

    expect([...names].sort()).toEqual(names);
    expect(new Set(names).size).toBe(20);
  });

  it.each([
    ['TensorFlow 1', 'events.out.tfevents.1700000009.host'],
    ['milliseconds', 'events.out.tfevents.1700000009123.host'],
    ['few digits', 'events.out.tfevents.5.host'],
    ['no host', 'events.out.tfevents.1700000009'],
  ])('sorts behind a name with %s', (_, name) => {
    expect(eventFileName([name], 1_700_000_000, REST) > name).toBe(true);
  });

  it.each([
    'events.out.tfevents.9999999999.host.1.0.v2',
    'events.out.tfevents.9999999999.~~~zzz',
    'events.out.tfevents.9999999999.éa',
  ])('sorts behind %s, where no stamp is left', (name) => {
    const names = [name];
    for (let i = 0; i < 3; i++) {
      names.push(eventFileName(names, 1_700_000_000, REST));
    }

    expect([...names].sort()).toEqual(names);
    expect(new Set(names).size).toBe(4);
    expect(names[3]).toMatch(/^events\.out\.tfevents\.9999999999\..*host\.1\.0\.v2$/);
  });

  it('pays no heed to other files', () => {
    const existing = ['checkpoint', 'events.out.tfevents.zzz', 'model.ckpt-9'];

    expect(eventFileName(existing, 1_700_000_000, REST)).toContain('.1700000000.');
  });
});
