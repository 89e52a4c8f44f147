/** Tests of the sources. */
export default {
  rootDir: import.meta.dirname,
  roots: ['<rootDir>/spec'],
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/spec/interop/',
    '<rootDir>/spec/package/',
    '<rootDir>/spec/browser/',
  ],
  testEnvironment: 'node',
  testTimeout: 30_000,
  maxWorkers: 2,
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: {
    '^tfjs-hooks$': '<rootDir>/adapters/index.ts',
    '^#checkpoints$': '<rootDir>/adapters/tfjs/checkpoints.ts',
    '^#platform$': '<rootDir>/adapters/node/platform.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};
