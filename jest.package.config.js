import config from './jest.config.js';

/** Tests of the packed package as its users meet it. They need `npm run build` to have run. */
export default {
  ...config,
  roots: ['<rootDir>/spec/package'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
};
