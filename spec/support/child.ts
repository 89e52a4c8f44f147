import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';

const root = join(__dirname, '../..');
const built = new Map<string, string>();

/** A program among the files beside this one, running in a process of its own. */
export class Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: string[] = [];
  errors = '';
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;

  constructor(name: string, ...args: readonly string[]) {
    const program = bundled(`spec/support/${name}.ts`);
    this.process = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, NODE_PATH: join(root, 'node_modules') },
    });
    let rest = '';
    this.process.stdout.on('data', (data: Buffer) => {
      const lines = (rest + data.toString()).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
      this.process.emit('line');
    });
    this.process.stderr.on('data', (data: Buffer) => {
      this.errors += data.toString();
    });
    this.ended = new Promise((resolve) => {
      this.process.on('close', (code, signal) => resolve(code ?? signal ?? ''));
    });
  }

  /** Resolves once it has written that many lines. */
  async wrote(count: number): Promise<void> {
    while (this.lines.length < count) {
      await Promise.race([
        new Promise((resolve) => this.process.once('line', resolve)),
        this.ended.then((how) => {
          throw new Error(`The process ended: ${how}. ${this.errors}`);
        }),
      ]);
    }
  }
}

/**
 * Bundles a source file once, beside the thread that saves in the background: Node knows nothing of
 * how Jest reads TypeScript, and the thread is a file beside the one that starts it.
 *
 * @param source - From the root of the repository.
 */
export function bundled(source: string): string {
  let outfile = built.get(source);
  if (outfile === undefined) {
    const folder = join(root, '.build/spec', String(process.env['JEST_WORKER_ID']));
    outfile = join(folder, basename(source).replace(/\.ts$/, '.cjs'));
    buildSync({
      entryPoints: [join(root, source), join(root, 'adapters/node/checkpoint-worker.ts')],
      outdir: folder,
      entryNames: '[name]',
      outExtension: { '.js': '.cjs' },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      packages: 'external',
      alias: {
        'tfjs-hooks': join(root, 'adapters/index.ts'),
        '#checkpoints': join(root, 'adapters/tfjs/checkpoints.ts'),
        '#platform': join(root, 'adapters/node/platform.ts'),
      },
    });
    built.set(source, outfile);
  }
  return outfile;
}
