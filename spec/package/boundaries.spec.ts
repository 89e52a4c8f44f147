import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { root, run } from './consumer.js';

/** A copy of the sources, to break. */
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'tfjs-hooks-boundaries-'));
  for (const name of [
    '.oxlintrc.json',
    'adapters',
    'lib',
    'package.json',
    'tsconfig.base.json',
    'tsconfig.library.json',
  ]) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
});

afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
});

describe('the compiler', () => {
  it.each([
    ['lib', 'tfjs', `export { tensor } from '@tensorflow/tfjs';`],
    ['lib', 'the types of tfjs', `export type { Tensor } from '@tensorflow/tfjs';`],
    ['lib', 'Node', `export { readFileSync } from 'node:fs';`],
    ['lib', 'an adapter', `export { toCallback } from '../adapters/index.js';`],
    ['lib', 'the console', `console.log(1);`],
    ['lib', 'the process', `export const value: unknown = process;`],
    ['lib', 'the DOM', `export const value: unknown = document;`],
    ['lib', 'a timer', `export const value: unknown = setTimeout;`],
    ['adapters/tfjs', 'Node', `export { readFileSync } from 'node:fs';`],
    ['adapters/tfjs', 'the process', `export const value: unknown = process;`],
    ['adapters/browser', 'Buffer', `export const value: unknown = Buffer;`],
    ['adapters/node', 'the DOM', `export const value: unknown = document;`],
  ])('refuses in %s: %s', async (folder, _, source) => {
    const wrong = join(copy, folder, 'wrong.ts');
    writeFileSync(wrong, `${source}\nexport {};\n`);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [tsc, '--build', folder], copy);
    rmSync(wrong);
    expect(stdout).toMatch(/error TS(2304|2306|2307|2584|2591|6307)\b/);
  });
});

describe('the linter', () => {
  it.each([
    ['lib', `import '@tensorflow/tfjs';`],
    ['lib', `import 'node:fs';`],
    ['lib', `import '../adapters/index.js';`],
    ['lib', `import './index.js';`],
    ['lib/hooks', `import './stop-at-step-hook.js';`],
    ['adapters/tfjs', `import '../../lib/errors.js';`],
    ['adapters/tfjs', `import '../node/platform.js';`],
    ['adapters/tfjs', `import '@tensorflow/tfjs-node';`],
    ['adapters/tfjs', `import 'fast-png';`],
    ['adapters/node', `import '../../lib/errors.js';`],
    ['adapters/node', `import '../tfjs/index.js';`],
    ['adapters/node', `import '@tensorflow/tfjs';`],
    ['adapters/browser', `import '../node/platform.js';`],
    ['adapters/browser', `import 'node:fs';`],
  ])('refuses in %s: %s', async (folder, source) => {
    expect(await lint(folder, source)).toContain('eslint(no-restricted-imports)');
  });

  it('refuses the console', async () => {
    expect(await lint('adapters/node', `console.log(1);`)).toContain('eslint(no-console)');
  });

  it('refuses imports in a circle', async () => {
    writeFileSync(
      join(copy, 'lib/circle.ts'),
      `import { wrong } from './wrong.js';\nexport const circle: () => number = () => wrong;\n`,
    );
    const source = `import { circle } from './circle.js';\nexport const wrong: number = circle();`;
    expect(await lint('lib', source)).toContain('import(no-cycle)');
  });
});

async function lint(folder: string, source: string): Promise<string> {
  const wrong = join(copy, folder, 'wrong.ts');
  writeFileSync(wrong, `${source}\n`);
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const { stdout } = await run(process.execPath, [oxlint, '--format', 'unix', wrong], copy);
  rmSync(wrong);
  return stdout.replaceAll('[Error/', '');
}
