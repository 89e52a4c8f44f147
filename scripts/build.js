// Builds the package into dist/: ES modules, CommonJS, and one file of declarations for both.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { extract } from './api.js';

const root = dirname(import.meta.dirname);
const tsc = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin/tsc',
);

function run(...args) {
  const { status } = spawnSync(process.execPath, [tsc, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    process.exit(1);
  }
}

rmSync(join(root, 'dist'), { recursive: true, force: true });
rmSync(join(root, '.build'), { recursive: true, force: true });

run('--build', 'lib', 'adapters/node', 'adapters/browser', 'adapters/tfjs', 'adapters');
run('--project', 'tsconfig.cjs.json');

// Its `#platform` is its own: each of the two builds is whole, and never loads from the other.
const scope = {
  type: 'commonjs',
  imports: {
    '#platform': { node: './adapters/node/platform.js', default: './adapters/browser/platform.js' },
  },
};
writeFileSync(join(root, 'dist/cjs/package.json'), `${JSON.stringify(scope, null, 2)}\n`);

if (extract().errorCount > 0) {
  process.exit(1);
}
