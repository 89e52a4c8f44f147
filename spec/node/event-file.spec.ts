import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { transformFileSync } from '@swc/core';

import { EventFile } from '../../adapters/node/event-file.js';
import { eventFileNames, readEventFile } from '../support/event-file-reader.js';

const ROOT = join(__dirname, '../..');

let build: string;
let dir: string;

beforeAll(() => {
  build = mkdtempSync(join(tmpdir(), 'event-file-build-'));
  for (const folder of ['lib', 'adapters/node']) {
    compile(folder);
  }
});

afterAll(() => rmSync(build, { recursive: true }));

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'event-file-'));
});

afterEach(() => rmSync(dir, { recursive: true }));

describe('EventFile', () => {
  it('listens to the exit of the process once, and only while a file is open', () => {
    const before = process.listenerCount('exit');
    const options = { maxQueue: 10, flushSecs: 120, filenameSuffix: '' };
    const files = [new EventFile(dir, options), new EventFile(dir, options)];

    expect(process.listenerCount('exit')).toBe(before + 1);
    files[0]?.close();
    expect(process.listenerCount('exit')).toBe(before + 1);
    files[1]?.close();
    expect(process.listenerCount('exit')).toBe(before);
  });
});

// What takes a process of its own.
describe('EventFile, in a process', () => {
  it('that exits, writes what waits', () => {
    expect(run(`writer.scalar('a', 1, 1); process.exit(3);`)).toMatchObject({ status: 3 });
    expect(steps()).toEqual([1n]);
  });

  it('that runs out, does not hold it up', () => {
    expect(run(`writer.scalar('a', 1, 1);`)).toMatchObject({ status: 0 });
    expect(steps()).toEqual([1n]);
  });

  it('that dies of an error, writes what waits', () => {
    expect(run(`writer.scalar('a', 1, 1); throw new Error('oh');`)).toMatchObject({ status: 1 });
    expect(steps()).toEqual([1n]);
  });

  it('that exits, writes what later listeners bring', () => {
    run(`process.on('exit', () => writer.scalar('a', 1, 2)); writer.scalar('a', 1, 1);`);
    expect(steps()).toEqual([1n, 2n]);
  });

  it('that is killed, keeps what was flushed', () => {
    const { signal } = run(
      `writer.scalar('a', 1, 1); writer.flush(); writer.scalar('a', 1, 2);
       process.kill(process.pid, 'SIGKILL');`,
    );
    expect(signal).toBe('SIGKILL');
    expect(steps()).toEqual([1n]);
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;

  onLinux('that runs out of space, goes on where a short write stopped', () => {
    // A limit on the size of files fails as a full disk does: first short, then with an error.
    const { stdout, stderr } = run(
      `const {execFileSync} = require('node:child_process');
       const limit = (bytes) =>
         execFileSync('prlimit', ['--pid', process.pid, '--fsize=' + bytes + ':']);
       process.on('SIGXFSZ', () => {});
       limit(1000);
       writer.text('a', 'x'.repeat(3000), 1);
       for (let i = 0; i < 2; i++) {
         try { writer.flush(); } catch (error) { console.log(error.message); }
       }
       limit('unlimited');
       writer.scalar('a', 1, 2);
       writer.close();`,
    );

    expect(stderr).toBe('');
    const message = `eventFileWriter: cannot write ${path()}: EFBIG: file too large, write`;
    expect(stdout.trim().split('\n')).toEqual([message, message]);
    expect(steps()).toEqual([1n, 2n]);
  });
});

/** Runs a script that finds a `writer` open in `dir`. */
function run(script: string): ReturnType<typeof spawnSync> & { stdout: string; stderr: string } {
  const code = `
    const { eventFileWriter } = require('./adapters/node/event-file-writer.js');
    const writer = eventFileWriter(${JSON.stringify(dir)});
    ${script}`;
  return spawnSync(process.execPath, ['-e', code], {
    cwd: build,
    encoding: 'utf8',
    env: { ...process.env, NODE_PATH: join(ROOT, 'node_modules') },
  });
}

function steps(): bigint[] {
  return readEventFile(path())
    .slice(1)
    .map(({ step }) => step);
}

function path(): string {
  return join(dir, eventFileNames(dir)[0]!);
}

function compile(folder: string): void {
  for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.ts')) {
      const { code } = transformFileSync(join(ROOT, folder, name), {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
      });
      const target = join(build, folder, name.replace(/ts$/, 'js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, code);
    }
  }
}
