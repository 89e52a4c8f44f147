import config from './jest.config.js';

/** Tests of the build in Chromium. They need `npm run build` to have run. */
export default {
  ...config,
  roots: ['<rootDir>/spec/browser'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 60_000,
};
