import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** Acts on a file system of 1 MiB, where one can be mounted. */
export async function onSmallDisk(path: string, act: () => Promise<void>): Promise<void> {
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'pipe' });
  } catch (error) {
    console.warn(`Skipped: a file system of 1 MiB cannot be mounted here. ${String(error)}`);
    return;
  }
  try {
    await act();
  } finally {
    execFileSync('umount', [path]);
  }
}
