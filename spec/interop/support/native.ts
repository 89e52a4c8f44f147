import { fork } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

import type { Answer, Task, Tasks } from '../programs/native.js';
import { interop } from './interop.js';

const root = join(__dirname, '../../..');
const built = new Map<string, string>();

/**
 * Runs a task of `programs/native.ts` in a process of its own, with one of the native packages and
 * the tfjs that this one brings.
 */
export async function native<T extends Task>(
  name: string,
  task: T,
  ...args: Parameters<Tasks[T]>
): Promise<Awaited<ReturnType<Tasks[T]>>> {
  const child = fork(program(name), [], { serialization: 'advanced', silent: true });
  let errors = '';
  child.stderr?.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  child.stdout?.resume();
  const answer = new Promise<Answer>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Answer));
    child.once('exit', (code, signal) => {
      reject(new Error(`The process ended by ${code ?? signal} without an answer. ${errors}`));
    });
  });
  try {
    child.send([`@tensorflow/${name}`, task, args]);
    const { result, error } = await answer;
    if (error !== undefined) {
      throw new Error(error);
    }
    return result as Awaited<ReturnType<Tasks[T]>>;
  } finally {
    child.kill();
  }
}

/** Bundles it into the package's folder, where it finds the package and its tfjs. */
function program(name: string): string {
  let outfile = built.get(name);
  if (outfile === undefined) {
    outfile = join(interop.folder, name, `native-${process.env['JEST_WORKER_ID']}.cjs`);
    buildSync({
      entryPoints: [join(__dirname, '../programs/native.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['@tensorflow/*'],
      alias: {
        'tfjs-hooks': join(root, 'adapters/index.ts'),
        '#checkpoints': join(root, 'adapters/tfjs/checkpoints.ts'),
        '#platform': join(root, 'adapters/node/platform.ts'),
      },
    });
    built.set(name, outfile);
  }
  return outfile;
}
