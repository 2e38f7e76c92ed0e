const swc = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    target: 'es2023',
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

/** Jest in ESM mode (Nest is ESM only); the condition makes tests run from the libraries' sources, without a build. */
const preset = (rootDir) => ({
  rootDir,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  testEnvironmentOptions: { customExportConditions: ['@outrider/source', 'node', 'node-addons'] },
  watchman: false,
  passWithNoTests: true,
  testTimeout: 60_000,
});

export default preset;

/** For the specs that start real engines (`*.engines.ts`): they download what is missing, once, and take longer. */
export const engines = (rootDir) => ({
  ...preset(rootDir),
  testMatch: ['<rootDir>/src/**/*.engines.ts'],
  testTimeout: 180_000,
  // A client's timers (ioredis leaves some) must not hold the run; the engines end with this process.
  forceExit: true,
});
