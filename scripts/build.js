// Builds the package into dist/: ES modules, CommonJS, and one file of declarations for both.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** Gives the files the extension that says what they are, as the package's own are ES modules. */
function nameCommonJs(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (name.endsWith('.js')) {
      const path = join(folder, name);
      const code = readFileSync(path, 'utf8');
      writeFileSync(
        path.replace(/\.js$/, '.cjs'),
        code.replaceAll(/\brequire\("(\.[^"]*)\.js"\)/g, 'require("$1.cjs")'),
      );
      rmSync(path);
    }
  }
}

rmSync(join(root, 'dist'), { recursive: true, force: true });
rmSync(join(root, '.build/types'), { recursive: true, force: true });

run('--build', 'lib', 'adapters/node', 'adapters/browser', 'adapters/tfjs', 'adapters');
run('--project', 'tsconfig.cjs.json');
nameCommonJs(join(root, 'dist/cjs'));

if (extract().errorCount > 0) {
  process.exit(1);
}
