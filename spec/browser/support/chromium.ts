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
];

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
    const profile = mkdtempSync(join(tmpdir(), 'tfjs-hooks-chromium-'));
    const child = spawn(path, [...OPTIONS, `--user-data-dir=${profile}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // As it is: what tests of pages do by default makes hidden tabs believe that they are seen.
    const browser = await chromium.connectOverCDP(await addressOf(child), { noDefaults: true });
    const server = await serve(await bundle());
    return new Chromium(child, profile, browser, server);
  }

  /** A new tab, in front of the others. */
  async open(): Promise<Page> {
    const page = await this.#browser.contexts()[0]!.newPage();
    await page.goto(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`);
    await page.bringToFront();
    return page;
  }

  async close(): Promise<void> {
    const ended = once(this.#process, 'close');
    await this.#browser.close();
    this.#process.kill();
    await ended;
    rmSync(this.#profile, { recursive: true, force: true });
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
  for await (const line of createInterface({ input: child.stderr! })) {
    const address = /listening on (ws:\S+)/.exec(line)?.[1];
    if (address !== undefined) {
      child.stderr!.resume();
      return address;
    }
    said.push(line);
  }
  throw new Error(`Chromium ended before it was ready: ${said.join('\n')}`);
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
