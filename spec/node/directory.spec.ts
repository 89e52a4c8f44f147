import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openDirectory, resolveDirectory } from '../../adapters/node/directory.js';
import { digestOf } from '../../lib/digest.js';
import type { Directory } from '../../lib/index.js';
import { Child } from '../support/child.js';
import { temporaryDirectory } from '../support/training.js';

const temporary = temporaryDirectory();

function directory(name = 'run'): Directory {
  return openDirectory(join(temporary(), name));
}

describe('openDirectory', () => {
  it('keeps the path as it was written, and has one id for all spellings', () => {
    expect(openDirectory('./run').path).toBe('./run');
    expect(openDirectory('./run').child('a').path).toBe('./run/a');
    expect(openDirectory('run/').child('a').path).toBe('run/a');
    expect(openDirectory('run/').id).toBe(openDirectory('./x/../run').id);
    expect(resolveDirectory('run/')).toBe(resolveDirectory('./run'));
  });

  it('has one id for all ways to it, before it exists too', async () => {
    symlinkSync(temporary(), join(temporary(), 'link'));
    expect(directory('link/run').id).toBe(directory('run').id);
    await directory('run').make();
    expect(directory('link/run').id).toBe(directory('run').id);
  });

  it('makes a directory and those above', async () => {
    const deep = directory('a/b/c');
    await deep.make();
    await deep.make();
    expect(await directory('a/b').list()).toEqual([{ name: 'c', kind: 'directory' }]);
  });

  it('lists nothing where there is no directory, and fails where there is a file', async () => {
    expect(await directory().list()).toEqual([]);
    writeFileSync(join(temporary(), 'run'), '');
    await expect(directory().list()).rejects.toThrow(join(temporary(), 'run'));
  });

  it('tells files, directories, links and others apart', async () => {
    await directory().make();
    const at = (name: string): string => join(temporary(), 'run', name);
    writeFileSync(at('file'), 'abc');
    mkdirSync(at('folder'));
    symlinkSync('file', at('link'));
    const found = [...(await directory().list())].sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(found).toEqual([
      { name: 'file', kind: 'file' },
      { name: 'folder', kind: 'directory' },
      { name: 'link', kind: 'link' },
    ]);
    expect(await directory().stat('file')).toEqual({ kind: 'file', size: 3 });
    expect(await directory().stat('link')).toMatchObject({ kind: 'link' });
    expect(await directory().stat('none')).toBeUndefined();
    await expect(directory().open('link')).rejects.toThrow(at('link'));
    await expect(directory().open('folder')).rejects.toThrow(at('folder'));
  });

  it('writes and reads files', async () => {
    await directory().make();
    const file = await directory().create('file');
    await file.write('grün');
    await file.write(Uint8Array.of(1, 2, 3).subarray(1));
    await file.sync();
    await file.close();
    await directory().sync();
    await expect(directory().create('file')).rejects.toThrow(join(temporary(), 'run', 'file'));

    const read = await directory().open('file');
    expect(read.size).toBe(7);
    const bytes = await read.read(5);
    expect([bytes.byteOffset, bytes.buffer.byteLength, ...bytes]).toEqual([
      0, 5, 103, 114, 195, 188, 110,
    ]);
    await expect(read.read(3)).rejects.toThrow(`${join(temporary(), 'run', 'file')}: ends early.`);
    await read.close();
  });

  it('renames over a file, and removes all that is in a directory', async () => {
    await directory().make();
    for (const name of ['a', 'b']) {
      const file = await directory().create(name);
      await file.write(name);
      await file.close();
    }
    await directory().rename('a', 'b');
    expect(readFileSync(join(temporary(), 'run', 'b'), 'utf8')).toBe('a');
    await directory().child('c').child('d').make();
    await directory().remove('c');
    await directory().remove('b');
    await directory().remove('b');
    expect(await directory().list()).toEqual([]);
  });

  it.each(['', '.', '..', 'a/b', '../a', '/etc'])('refuses the name %p', async (name) => {
    await directory().make();
    await expect(directory().remove(name)).rejects.toThrow(
      `${join(temporary(), 'run')}: '${name}' is no name of an entry in it.`,
    );
    await expect(directory().open(name)).rejects.toThrow('is no name');
  });

  it('has the CRC-32 of bytes and text', () => {
    const { path } = directory();
    const checksum = (data: Uint8Array | string): string => openDirectory(path).checksum(data);
    expect(checksum('grün')).toBe(checksum(new TextEncoder().encode('grün')));
    // The check value of CRC-32 as zip, PNG and Ethernet have it.
    expect(checksum('123456789')).toBe('cbf43926');
    expect(checksum('')).toBe('00000000');
    const long = new Uint8Array(2 ** 20 + 9);
    long.set(new TextEncoder().encode('123456789'), 2 ** 20);
    const first = checksum(long.subarray(0, 2 ** 20));
    expect(digestOf(openDirectory(path), long)).toBe(`${first}cbf43926`);
  });

  it('lives until it ends', async () => {
    expect(directory().isAlive(directory().processId)).toBe(true);
    const child = new Child('saving-process', join(temporary(), 'run'), 'hold');
    await child.wrote(2);
    const names = (await directory().list()).map(({ name }) => name);
    const owner = names.find((name) => name.startsWith('tfjs-hooks.owner-')) ?? '';
    const id = owner.slice('tfjs-hooks.owner-'.length);
    expect(directory().isAlive(id)).toBe(true);
    // Another of the same number, started at another time.
    expect(directory().isAlive(id.replace(/-\w+/, '-1'))).toBe(process.platform !== 'linux');
    child.process.kill('SIGKILL');
    await child.ended;
    expect(directory().isAlive(id)).toBe(false);
    expect(directory().isAlive('what')).toBe(false);
  });
});
