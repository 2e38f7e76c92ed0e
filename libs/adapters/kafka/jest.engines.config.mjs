import preset from '../../../jest.preset.mjs';

/** The specs that need a real Kafka: its jars are downloaded once, and a start takes some seconds. */
export default {
  ...preset(import.meta.dirname),
  testMatch: ['<rootDir>/src/**/*.engines.ts'],
  testTimeout: 180_000,
};
