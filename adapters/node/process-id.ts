import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

let own: string | undefined;

/**
 * Names this process, and this copy of the module in it: `<number>-<start>-<boot>-<nonce>`. The
 * numbers of processes are used again; with the time of its start no other has the same.
 */
export function ownId(): string {
  own ??= [process.pid, startOf(process.pid), bootId(), randomBytes(4).toString('hex')].join('-');
  return own;
}

/**
 * Whether the process lives: one of this number that started at the same time. Where the system
 * does not tell that time, any of this number. One of another machine, or of this before it was
 * started anew, counts as dead.
 */
export function isAlive(id: string): boolean {
  const [, pid, start, boot] = /^(\d+)-(\w+)-(\w+)-\w+$/.exec(id) ?? [];
  if (pid === undefined || boot !== bootId() || start !== startOf(Number(pid))) {
    return false;
  }
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** In ticks of the running system; `0` where it does not tell, or there is no such process. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  // The name of the program, in parentheses, may hold anything.
  const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isDead = state === 'Z' || state === 'X';
  return isDead ? 'dead' : (fields[18] ?? '0');
}

function bootId(): string {
  return read('/proc/sys/kernel/random/boot_id').slice(0, 8) || '0';
}

/** Empty where there is no such file. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
