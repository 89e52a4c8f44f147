import { describe, expect, it } from '@jest/globals';
import type { Session } from 'tfjs-hooks';

import * as browser from '../../adapters/browser/platform.js';
import * as node from '../../adapters/node/platform.js';

describe('The platforms', () => {
  it('have the same names', () => {
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort());
  });

  it('have the same types', () => {
    const typed: Pick<typeof browser, keyof typeof node> = node;
    expect(typed).toBe(node);
  });
});

describe('In a browser', () => {
  it.each([
    ['eventFileWriter', () => browser.eventFileWriter('run')],
    ['fileSystem', () => browser.fileSystem('run')],
    ['processSignal', () => browser.processSignal('SIGTERM')],
  ])('%s says that it exists in Node only', (name, act) => {
    expect(act).toThrow(`${name}: exists in Node only; here is no file system, and no process.`);
  });

  it('checkpoints say that they exist in Node only', () => {
    expect(() => browser.openDirectory('run')).toThrow(/in Node only/);
  });

  it('so do saving by default and restoring', async () => {
    const session = {} as Session;
    expect(() => browser.defaultSaver().save(session, 'run/model.ckpt', 1)).toThrow(/in Node only/);
    await expect(browser.restoreNewest(session, 'run')).rejects.toThrow(/in Node only/);
  });

  it('directories have one name', () => {
    expect(['run', 'run/', '/'].map(browser.resolveDirectory)).toEqual(['run', 'run', '/']);
  });
});
