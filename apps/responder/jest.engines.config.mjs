import preset from '../../jest.preset.mjs';

/** The specs that start the real engines: they download what is missing (once) and take longer. */
export default {
  ...preset(import.meta.dirname),
  testMatch: ['<rootDir>/src/**/*.engines.ts'],
  testTimeout: 180_000,
};
