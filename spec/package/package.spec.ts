import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';

import { Consumer, root } from './consumer.js';

let consumer: Consumer;

beforeAll(async () => {
  consumer = await Consumer.create();
});

afterAll(() => {
  consumer.remove();
});

/** Trains, and prints after how many steps a hook stopped it. */
const training = `
  async function train(tf, { toCallback, StopAtStepHook }) {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
    model.compile({ loss: 'meanSquaredError', optimizer: 'sgd' });
    let steps = 0;
    const counting = { afterRun: () => { steps += 1; } };
    await model.fit(tf.ones([8, 1]), tf.ones([8, 1]), {
      epochs: 5,
      batchSize: 2,
      verbose: 0,
      callbacks: toCallback([new StopAtStepHook({ numSteps: 3 }), counting]),
    });
    return steps;
  }
`;

describe('the tarball', () => {
  it('holds the build, its types and what a user reads', () => {
    expect(consumer.packed).toEqual(
      expect.arrayContaining([
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'dist/cjs/adapters/index.cjs',
        'dist/esm/adapters/index.js',
        'dist/index.d.cts',
        'package.json',
      ]),
    );
  });

  it('holds no specs, benches, scripts, sources or maps', () => {
    const strange = consumer.packed.filter(
      (path) =>
        !/^(dist\/(cjs|esm)\/(lib|adapters)\/.+\.c?js|docs\/.+\.md)$/.test(path) &&
        !/^(dist\/index\.d\.cts|package\.json|[A-Z]+(\.md)?)$/.test(path),
    );
    expect(strange).toEqual([]);
  });

  it('has one file of declarations', () => {
    expect(consumer.packed.filter((path) => /\.d\.[cm]?ts$/.test(path))).toEqual([
      'dist/index.d.cts',
    ]);
  });

  it('has a core that imports nothing but itself', () => {
    const core = consumer.packed.filter((path) => /^dist\/(cjs|esm)\/lib\//.test(path));
    expect(core.length).toBeGreaterThan(0);
    const leaving = core.flatMap((path) =>
      specifiers(consumer.read(path))
        .filter((specifier) => !join('/', path, '..', specifier).startsWith(libraryOf(path)))
        .map((specifier) => `${path}: ${specifier}`),
    );
    expect(leaving).toEqual([]);
  });

  it('imports only what it declares', () => {
    const { dependencies, peerDependencies } = JSON.parse(consumer.read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const declared = Object.keys({ ...dependencies, ...peerDependencies });
    const imported = consumer.packed
      .filter((path) => /\.c?js$/.test(path))
      .flatMap((path) => specifiers(consumer.read(path)))
      .filter((specifier) => !/^(\.|node:|#(platform|checkpoints)$)/.test(specifier));
    expect(declared).toEqual(expect.arrayContaining([...new Set(imported)]));
  });
});

describe('in Node', () => {
  it('serves import', async () => {
    consumer.write(
      'import.mjs',
      `import * as tf from '@tensorflow/tfjs';
       import { StopAtStepHook, toCallback } from 'tfjs-hooks';
       ${training}
       console.log(await train(tf, { StopAtStepHook, toCallback }));`,
    );
    expect(await consumer.node('import.mjs')).toMatch(/^3$/m);
  });

  it('serves require', async () => {
    consumer.write(
      'require.cjs',
      `const tf = require('@tensorflow/tfjs');
       ${training}
       train(tf, require('tfjs-hooks')).then(console.log);`,
    );
    expect(await consumer.node('require.cjs')).toMatch(/^3$/m);
  });

  it('gives import and require the same, by the same names', async () => {
    const names = Object.keys(await load('require')) as readonly string[];
    expect(names).toEqual(expect.arrayContaining(['StopAtStepHook', 'toCallback', 'ValueError']));
    consumer.write(
      'both.mjs',
      `import { createRequire } from 'node:module';
       import { ${names.join(', ')} } from 'tfjs-hooks';
       const required = createRequire(import.meta.url)('tfjs-hooks');
       const imported = { ${names.join(', ')} };
       const other = Object.keys(imported).filter((name) => imported[name] !== required[name]);
       console.log(JSON.stringify(other));`,
    );
    expect(await consumer.node('both.mjs')).toMatch(/^\[\]$/m);
  });

  it('exports its package.json', async () => {
    consumer.write('manifest.cjs', `console.log(require('tfjs-hooks/package.json').name);`);
    expect(await consumer.node('manifest.cjs')).toMatch(/^tfjs-hooks$/m);
  });

  it('exports nothing else', async () => {
    consumer.write('inside.mjs', `await import('tfjs-hooks/dist/cjs/lib/index.cjs');`);
    await expect(consumer.node('inside.mjs')).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

describe('in Jest, in its CommonJS mode', () => {
  it('runs in an environment of Node', async () => {
    const { status, stderr } = await jest(
      'node',
      `const tf = require('@tensorflow/tfjs');
       const hooks = require('tfjs-hooks');
       ${training}
       test('trains', async () => expect(await train(tf, hooks)).toBe(3));
       test('is the platform of Node', () => expect(hooks.fileSystem('m').save).toBeDefined());`,
    );
    expect(`${status}\n${stderr}`).toMatch(/^0\n/);
  });

  it("runs in an environment of the browser's", async () => {
    // As jest-environment-jsdom does: packages are to resolve as for a browser.
    const environment = consumer.write(
      'browser-environment.cjs',
      `const { TestEnvironment } = require(${JSON.stringify(join(root, 'node_modules/jest-environment-node'))});
       module.exports = class extends TestEnvironment {
         exportConditions() { return ['browser']; }
       };`,
    );
    const { status, stderr } = await jest(
      environment,
      `const tf = require('@tensorflow/tfjs');
       const hooks = require('tfjs-hooks');
       ${training}
       test('trains', async () => expect(await train(tf, hooks)).toBe(3));
       test.each(['eventFileWriter', 'fileSystem', 'processSignal'])('%s says no', (name) =>
         expect(() => hooks[name]('x')).toThrow(/Node only/));`,
    );
    expect(`${status}\n${stderr}`).toMatch(/^0\n/);
  });
});

describe('in a bundle', () => {
  it('brings nothing of Node to a browser', async () => {
    const { inputs, imports } = await bundle('browser', ['@tensorflow/*']);
    expect(imports).toEqual(['@tensorflow/tfjs']);
    expect(inputs.filter((path) => /\/(cjs|adapters\/node)\/|fast-png/.test(path))).toEqual([]);
  });

  it('brings no checkpoints to a browser', async () => {
    const isOfCheckpoints = (path: string): boolean =>
      /\/(lib|tfjs)\/(checkpoint|directory|files-|restore|found-|sealed-|training-|optimizer-|tensor-bytes)/.test(
        path,
      );
    const inBrowser = await bundle('browser', ['@tensorflow/*']);
    expect(inBrowser.carried.filter(isOfCheckpoints)).toEqual([]);
    const inNode = await bundle('node', ['@tensorflow/*', 'fast-png']);
    expect(inNode.carried.filter(isOfCheckpoints).length).toBeGreaterThan(15);
  });

  it('saves in a browser by a saver of the program, and says where one is missing', async () => {
    await bundle('browser', ['@tensorflow/*']);
    consumer.write(
      'saver.mjs',
      `import * as tf from '@tensorflow/tfjs';
       import { CheckpointSaverHook, MonitoredSession } from './bundle-browser.mjs';
       async function train(saver) {
         const hooks = new CheckpointSaverHook({ checkpointDir: 'run', saveSteps: 2, saver });
         const logger = { info() {}, warn() {}, error() {} };
         const session = new MonitoredSession({ hooks, logger });
         await session.begin();
         for (let i = 0; i < 3; i++) await session.run(() => 0.5);
         await session.close();
       }
       const steps = [];
       await train({ save: (_session, path, step) => void steps.push(\`\${path}-\${step}\`) });
       console.log(steps.join());
       await train(undefined).catch((error) => console.log(error.message));`,
    );
    expect(await consumer.node('saver.mjs')).toMatch(
      /^run\/model.ckpt-0,run\/model.ckpt-2,run\/model.ckpt-3\nSaver: .* Give CheckpointSaverHook/m,
    );
  });

  it('says so where a worker thread asks for signals', async () => {
    consumer.write(
      'thread.mjs',
      `import { isMainThread, Worker } from 'node:worker_threads';
       import { processSignal } from 'tfjs-hooks';
       if (isMainThread) {
         new Worker(new URL(import.meta.url));
       } else {
         try { processSignal('SIGTERM'); } catch (error) { console.log(error.message); }
       }`,
    );
    expect(await consumer.node('thread.mjs')).toMatch(
      /^processSignal: Node tells the main thread/m,
    );
  });

  it('says so where a browser lacks what was called', async () => {
    await bundle('browser', ['@tensorflow/*']);
    consumer.write(
      'bundled.mjs',
      `import * as tf from '@tensorflow/tfjs';
       import * as hooks from './bundle-browser.mjs';
       ${training}
       console.log(await train(tf, hooks));
       for (const name of ['eventFileWriter', 'fileSystem', 'processSignal']) {
         try { hooks[name]('x'); } catch (error) { console.log(/Node only/.test(error.message)); }
       }`,
    );
    expect(await consumer.node('bundled.mjs')).toMatch(/^3\ntrue\ntrue\ntrue$/m);
  });

  it('leaves out the hooks that a program does not use', async () => {
    const { output } = await bundle(
      'browser',
      ['@tensorflow/*'],
      `export { StopAtStepHook } from 'tfjs-hooks';`,
    );
    expect(output).toContain('StopAtStepHook');
    expect(output).not.toContain('NanTensorHook');
  });

  it("takes Node's parts for Node, as ES modules", async () => {
    const { inputs, imports } = await bundle('node', ['@tensorflow/*', 'fast-png']);
    expect(imports.filter((path) => !path.startsWith('node:')).sort()).toEqual([
      '@tensorflow/tfjs',
      'fast-png',
    ]);
    expect(inputs.filter((path) => /\/(cjs|adapters\/browser)\//.test(path))).toEqual([]);
  });
});

describe('its declarations', () => {
  const program = `
    import { StopAtStepHook, toCallback, type SessionRunHook } from 'tfjs-hooks';
    const hook: SessionRunHook = new StopAtStepHook({ numSteps: 3 });
    export const onTrainBegin: () => unknown = toCallback([hook]).onTrainBegin;
  `;

  it.each([
    ['imported, by Node’s rules', 'index.mts', 'Node16', 'Node16'],
    ['required, by Node’s rules', 'index.cts', 'Node16', 'Node16'],
    ['imported, by the newest rules of Node', 'index.mts', 'NodeNext', 'NodeNext'],
    ['bundled', 'index.ts', 'ESNext', 'Bundler'],
  ])('serve TypeScript without the types of Node: %s', async (_, file, module, resolution) => {
    consumer.write(`types/${file}`, program);
    const project = consumer.write(
      'types/tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          module,
          moduleResolution: resolution,
          target: 'ES2022',
          lib: ['ES2022', 'DOM'],
          types: [],
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          noEmit: true,
        },
        files: [file],
      }),
    );
    const { stdout } = await consumer.tool('typescript/bin/tsc', '--project', project);
    // The declarations of tfjs have errors of their own, with the DOM of today.
    const others = /^\s|^$|@tensorflow\/|@webgpu\/|\/lib\.dom\.d\.ts/;
    expect(stdout.split('\n').filter((line) => !others.test(line))).toEqual([]);
  });

  it('name no types of Node', () => {
    expect(withoutComments(consumer.read('dist/index.d.cts'))).not.toMatch(
      /NodeJS|\bBuffer\b|'node:|types="node"/,
    );
  });
});

/** The module specifiers of a built file. */
function specifiers(source: string): string[] {
  return [
    ...withoutComments(source).matchAll(
      /(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*['"]([^'"]+)['"]/g,
    ),
  ].map(([, specifier]) => specifier!);
}

/** Examples in comments import what they please. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[^]*?\*\/|^\s*\/\/(?!\/).*$/gm, '');
}

function libraryOf(path: string): string {
  return /^.*?\/lib\//.exec(`/${path}`)![0];
}

/** The names that a way of loading gives. */
async function load(way: 'require'): Promise<Record<string, unknown>> {
  const script = `console.log(JSON.stringify(Object.fromEntries(Object.keys(${way}('tfjs-hooks')).map((k) => [k, 1]))))`;
  const path = consumer.write('names.cjs', script);
  return JSON.parse((await consumer.node(path)).trim().split('\n').at(-1)!) as Record<
    string,
    unknown
  >;
}

function jest(environment: string, test: string) {
  consumer.write('jest/consumer.test.js', test);
  const config = { rootDir: join(consumer.folder, 'jest'), testEnvironment: environment };
  return consumer.tool('jest/bin/jest.js', '--config', JSON.stringify(config));
}

async function bundle(
  platform: 'browser' | 'node',
  external: string[],
  source = `export * from 'tfjs-hooks';`,
) {
  const result = await build({
    stdin: { contents: source, resolveDir: consumer.folder },
    outfile: join(consumer.folder, `bundle-${platform}.mjs`),
    bundle: true,
    format: 'esm',
    platform,
    external,
    metafile: true,
    logLevel: 'silent',
  });
  const [output] = Object.values(result.metafile.outputs);
  return {
    inputs: Object.keys(result.metafile.inputs),
    /** Of which files the bundle has code. */
    carried: Object.entries(output!.inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path),
    imports: [...new Set(output!.imports.map(({ path }) => path))],
    output: await consumer.node(
      '-p',
      `require('fs').readFileSync('bundle-${platform}.mjs', 'utf8')`,
    ),
  };
}
