import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** The folder of the package itself. */
export const root: string = resolve(__dirname, '../..');

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** What a command printed, and how it ended. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own in which the packed package is installed, with what it declares to need. */
export class Consumer {
  /** The files in the tarball. */
  readonly packed: readonly string[];
  readonly folder: string;

  private constructor(folder: string, packed: readonly string[]) {
    this.folder = folder;
    this.packed = packed;
  }

  static async create(): Promise<Consumer> {
    const folder = mkdtempSync(join(tmpdir(), 'tfjs-hooks-consumer-'));
    const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const { stdout } = await succeed('npm', args, root);
    const packed = (JSON.parse(stdout) as readonly Packed[])[0]!;
    const home = join(folder, 'node_modules/tfjs-hooks');
    mkdirSync(home, { recursive: true });
    await succeed('tar', ['-xzf', packed.filename, '--strip-components=1', '-C', home], folder);

    const { dependencies = {} } = readJson(join(home, 'package.json')) as Manifest;
    for (const name of ['@tensorflow/tfjs', ...Object.keys(dependencies)]) {
      mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'dir');
    }
    return new Consumer(
      folder,
      packed.files.map(({ path }) => path),
    );
  }

  /** Writes a file and gives its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Reads a file of the installed package. */
  read(name: string): string {
    return readFileSync(join(this.folder, 'node_modules/tfjs-hooks', name), 'utf8');
  }

  /** Runs a program by Node here, and gives what it printed. */
  async node(...args: readonly string[]): Promise<string> {
    return (await succeed(process.execPath, args, this.folder)).stdout;
  }

  /** Runs a tool that the repository has. */
  tool(path: string, ...args: readonly string[]): Promise<Outcome> {
    return run(process.execPath, [join(root, 'node_modules', path), ...args], this.folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function run(command: string, args: readonly string[], cwd: string): Promise<Outcome> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, NODE_OPTIONS: '' } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    child.on('error', fail);
    child.on('close', (status) => {
      done({ status, stdout, stderr });
    });
  });
}

async function succeed(command: string, args: readonly string[], cwd: string): Promise<Outcome> {
  const outcome = await run(command, args, cwd);
  if (outcome.status !== 0) {
    throw new Error(`${command} ${args.join(' ')}\n${outcome.stdout}${outcome.stderr}`);
  }
  return outcome;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
