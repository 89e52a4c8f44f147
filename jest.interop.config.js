import config from './jest.config.js';

/** The tests that `scripts/interop.js` has made the ground for. */
export default {
  ...config,
  testMatch: ['<rootDir>/spec/interop/**/*.spec.ts', '<rootDir>/spec/tensorflow-traces.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
};
