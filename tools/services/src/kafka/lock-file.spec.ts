import { describe, expect, it } from '@jest/globals';
import { addressOf, fileName, KAFKA_LINES, parseLockFile, readLockFile } from './lock-file.ts';

const JAR = { group: 'org.example', artifact: 'core', version: '1.2.3', bytes: 10, sha512: 'a'.repeat(128) };
const lockWith = (change: Record<string, unknown>): string => {
  const release = { version: '4.0.0', artifacts: [{ ...JAR, ...change }] };
  return JSON.stringify({ '4': release, '3.9': release });
};

describe('the lock file', () => {
  it.each(KAFKA_LINES)(
    'names for Kafka %s the broker, its tools, and a logger that matches its log settings',
    (line) => {
      const { version, artifacts } = readLockFile()[line];
      const names = artifacts.map(({ artifact }) => artifact);
      expect(version.startsWith(`${line}.`)).toBe(true);
      expect(names).toEqual(expect.arrayContaining(['kafka_2.13', 'kafka-clients', 'kafka-server-common']));
      expect(names).toContain(line === '4' ? 'log4j-core' : 'reload4j');
    },
  );

  it.each(KAFKA_LINES)('names no file of Kafka %s twice, or one would overwrite the other', (line) => {
    const files = readLockFile()[line].artifacts.map(fileName);
    expect(new Set(files).size).toBe(files.length);
  });

  it.each([
    ['a path in a name', { artifact: '../../core' }],
    ['a path in a version', { version: '1/../../x' }],
    ['another address in a group', { group: 'org.example@evil' }],
    ['a checksum that is cut', { sha512: 'a'.repeat(127) }],
    ['no checksum', { sha512: undefined }],
    ['an empty jar', { bytes: 0 }],
    ['a key that nothing reads', { sha1: 'a'.repeat(40) }],
  ])('refuses %s', (_, change) => {
    expect(() => parseLockFile(lockWith(change))).toThrow();
  });

  it('makes the address that a Maven repository has for a jar', () => {
    expect(addressOf('https://repository.test/maven2', JAR)).toBe(
      'https://repository.test/maven2/org/example/core/1.2.3/core-1.2.3.jar',
    );
  });
});
