import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventFileWriter } from 'tfjs-hooks';

import { makeFolders } from '../../adapters/node/make-folders.js';

let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'make-folders-'));
});

afterEach(() => rmSync(dir, { recursive: true }));

describe('makeFolders', () => {
  it('makes a directory and those above it, and tells the uppermost', () => {
    expect(makeFolders(join(dir, 'a/b/c'))).toBe(join(dir, 'a'));
    expect(statSync(join(dir, 'a/b/c')).isDirectory()).toBe(true);
    expect(makeFolders(join(dir, 'a/b/d'))).toBe(join(dir, 'a/b/d'));
    expect(makeFolders(join(dir, 'a/b/d/'))).toBe(undefined);
  });

  it('refuses where a file is in the way', () => {
    writeFileSync(join(dir, 'file'), '');
    expect(() => makeFolders(join(dir, 'file'))).toThrow(/EEXIST.*file/);
    expect(() => makeFolders(join(dir, 'file/below'))).toThrow(/ENOTDIR.*file/);
  });

  it('ends where a directory exists in which none can be made', () => {
    // Linux has such a place; elsewhere it is one that nobody may write to, or does not exist.
    expect(() => makeFolders('/proc/none/below')).toThrow(/\/proc/);
    expect(() => eventFileWriter('/proc/none')).toThrow(/\/proc\/none/);
  });
});
