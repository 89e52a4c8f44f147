import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { transformSync } from '@swc/core';

import config from './jest.config.js';

const root = import.meta.dirname;

/** Files of types alone: they have no line that a test could reach, yet would count as untested. */
const typesOnly = ['lib', 'adapters']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)),
  )
  .filter((path) => path.endsWith('.ts') && isEmpty(readFileSync(join(root, path), 'utf8')));

function isEmpty(source) {
  const { code } = transformSync(source, {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' }, preserveAllComments: false },
    minify: true,
  });
  return /^(export\s*\{\s*\};?)?$/.test(code.trim());
}

/** The tests of the sources, with a floor under the lines that they reach. */
export default {
  ...config,
  roots: ['<rootDir>/spec', '<rootDir>/lib', '<rootDir>/adapters'],
  collectCoverage: true,
  collectCoverageFrom: [
    'lib/**/*.ts',
    'adapters/**/*.ts',
    '!**/*.d.ts',
    ...typesOnly.map((path) => `!${path}`),
  ],
  coverageProvider: 'v8',
  coverageDirectory: '.build/coverage',
  coverageReporters: ['text', 'lcovonly'],
  coverageThreshold: { global: { lines: 95 } },
};
