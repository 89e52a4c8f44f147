import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

import type { Task, Tasks } from '../programs/tasks.js';

/** What the program is called, as the gate has it too. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

const OPTIONS = [
  '--headless',
  '--no-sandbox',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
  // WebGL by software: there may be no graphics card.
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  // Its own first page changes its process while it loads, and to attach meanwhile may never end.
  'about:blank',
];

/** How long it may take until it listens, and until it is connected to. */
const LIMIT_MS = 20_000;

const PAGE =
  '<!doctype html><title>tfjs-hooks</title><button>Stop</button><script src="program.js"></script>';

const noFiles = join(__dirname, 'no-files.ts');

/** What a page and a worker have in common. */
export interface Place {
  evaluate<R, A>(run: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
}

/** A browser, and a server of the page in which `programs/program.ts` runs. */
export class Chromium {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #browser: Browser;
  readonly #server: Server;

  private constructor(process: ChildProcess, profile: string, browser: Browser, server: Server) {
    this.#process = process;
    this.#profile = profile;
    this.#browser = browser;
    this.#server = server;
  }

  static async launch(): Promise<Chromium> {
    const path = programPath();
    const program = await bundle();
    const profile = mkdtempSync(join(tmpdir(), 'tfjs-hooks-chromium-'));
    const child = spawn(path, [`--user-data-dir=${profile}`, ...OPTIONS], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // Its sockets go with the profile.
      env: { ...process.env, TMPDIR: profile },
    });
    try {
      const browser = await chromium.connectOverCDP(await addressOf(child), {
        // As it is: what tests of pages do by default makes hidden tabs believe that they are seen.
        noDefaults: true,
        timeout: LIMIT_MS,
      });
      return new Chromium(child, profile, browser, await serve(program));
    } catch (error) {
      await end(child, profile);
      throw error;
    }
  }

  /** A new tab, in front of the others. */
  async open(): Promise<Page> {
    const page = await this.#browser.contexts()[0]!.newPage();
    await page.goto(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`);
    await page.bringToFront();
    return page;
  }

  async close(): Promise<void> {
    await end(this.#process, this.#profile);
    await this.#browser.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The same program in a worker of the page. */
export async function workerOf(page: Page): Promise<Place> {
  const [worker] = await Promise.all([
    page.waitForEvent('worker'),
    page.evaluate(() => void new Worker('program.js')),
  ]);
  return worker;
}

/** Runs a task of `programs/tasks.ts` there. */
export function run<T extends Task>(
  place: Place,
  task: T,
  ...args: Parameters<Tasks[T]>
): Promise<Awaited<ReturnType<Tasks[T]>>> {
  return place.evaluate(
    ([name, given]) =>
      (globalThis as unknown as { run(name: string, given: unknown): never }).run(name, given),
    [task, args] as const,
  );
}

/** Named by CHROMIUM, or among the system's programs. */
function programPath(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const paths = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const path = [process.env['CHROMIUM'] ?? '', ...paths].find((one) => existsSync(one));
  if (path === undefined) {
    throw new Error(
      `There is no Chromium: neither CHROMIUM names one, nor is ${NAMES.join(', ')} installed.`,
    );
  }
  return path;
}

/** Where it listens for what steers it. */
async function addressOf(child: ChildProcess): Promise<string> {
  const said: string[] = [];
  let limit: NodeJS.Timeout;
  const address = new Promise<string>((resolve, reject) => {
    const fail = (how: string): void => {
      reject(new Error(`Chromium ${how}. It said:\n${said.join('\n')}`));
    };
    limit = setTimeout(fail, LIMIT_MS, `did not listen within ${LIMIT_MS} ms`);
    child.once('error', reject);
    child.once('close', () => fail('ended before it was ready'));
    // Reads on behind the address: a full pipe would hold it up.
    createInterface({ input: child.stderr! }).on('line', (line) => {
      said.push(line);
      const found = /listening on (ws:\S+)/.exec(line)?.[1];
      if (found !== undefined) {
        resolve(found);
      }
    });
  });
  return address.finally(() => clearTimeout(limit));
}

/** Ends the program, whatever it does, so that nothing of it holds up the end of the tests. */
async function end(child: ChildProcess, profile: string): Promise<void> {
  const ended = once(child, 'exit');
  // Tells whether there was anything to end.
  if (child.kill('SIGKILL')) {
    await ended;
  }
  child.stderr!.destroy();
  // Its other processes notice a little later, and may write until then.
  rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
}

async function serve(program: string): Promise<Server> {
  const server = createServer(({ url }, response) => {
    const isProgram = url === '/program.js';
    response.setHeader('content-type', isProgram ? 'text/javascript' : 'text/html');
    response.end(isProgram ? program : PAGE);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Bundles the program as its users' bundlers do: `tfjs-hooks` is what package.json exports. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(__dirname, '../programs/program.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    // Without the paths by which specs find the sources.
    tsconfigRaw: {},
    alias: Object.fromEntries(['fs', 'os', 'path'].map((name) => [`node:${name}`, noFiles])),
  });
  return outputFiles[0]!.text;
}
