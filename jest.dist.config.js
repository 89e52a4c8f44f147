import config from './jest.config.js';

/** The same tests, of what was built. */
export default {
  ...config,
  // Finds the package, and whatever file of it a test imports, in dist/cjs.
  resolver: '<rootDir>/scripts/dist-resolver.cjs',
  moduleNameMapper: {},
};
