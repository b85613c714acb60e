import { availableParallelism } from 'node:os';

/** Node strips the types itself, so Jest transforms nothing. */
export default {
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/\\.sluice/'],
  modulePathIgnorePatterns: ['/\\.sluice/'],
  // Most tests wait for databases and other processes, so two at a time are faster on two cores as well.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // A test that fails does so by what it waits for, 25 to 30 s; this is for those that wait for several things, one after the other.
  testTimeout: 90_000,
  globalSetup: '<rootDir>/packages/testing/src/jest-global-setup.ts',
  globalTeardown: '<rootDir>/packages/testing/src/jest-global-teardown.ts',
};
