import { describe, expect, it } from '@jest/globals';

import * as checkpointsInBrowser from '../../adapters/browser/checkpoints.js';
import * as browser from '../../adapters/browser/platform.js';
import * as node from '../../adapters/node/platform.js';
import * as checkpointsInNode from '../../adapters/tfjs/checkpoints.js';

describe('The platforms', () => {
  it('have the same names', () => {
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort());
    expect(Object.keys(checkpointsInBrowser).sort()).toEqual(Object.keys(checkpointsInNode).sort());
  });

  it('have the same types', () => {
    const typed: Pick<typeof browser, keyof typeof node> = node;
    expect(typed).toBe(node);
  });
});

describe('In a browser', () => {
  it.each([
    ['eventFileWriter', () => browser.eventFileWriter('run')],
    ['eventFileWriter', () => browser.sharedEventFileWriter('run')],
    ['fileSystem', () => browser.fileSystem('run')],
    ['processSignal', () => browser.processSignal('SIGTERM')],
  ])('%s says that it exists in Node only', (name, act) => {
    expect(act).toThrow(`${name}: exists in Node only; here is no file system, and no process.`);
  });

  it('a Saver says so when it is made, and what to do instead', () => {
    expect((): unknown => Reflect.construct(checkpointsInBrowser.Saver, [])).toThrow(
      /^Saver: exists in Node only; .* Give CheckpointSaverHook a 'saver' of your own\.$/,
    );
  });

  it.each([
    ['latestCheckpoint', checkpointsInBrowser.latestCheckpoint],
    ['checkpoints', checkpointsInBrowser.checkpoints],
    ['checkpointInfo', checkpointsInBrowser.checkpointInfo],
    ['restoreFrom', checkpointsInBrowser.restoreNewest],
  ])('%s says that it exists in Node only', async (name, act) => {
    await expect(act()).rejects.toThrow(`${name}: exists in Node only`);
  });

  it('directories say that they exist in Node only', () => {
    expect(() => browser.openDirectory('run')).toThrow(/in Node only/);
  });

  it('directories have one name', () => {
    expect(['run', 'run/', '/'].map(browser.resolveDirectory)).toEqual(['run', 'run', '/']);
  });
});
