import { describe, expect, it } from '@jest/globals';
import { redisConfig } from './redis-config.ts';

const SETTINGS = { port: 7000, data: '/srv/redis', password: 'secret' };

describe("Redis's settings", () => {
  it('are what BullMQ asks for: kept on disk, nothing evicted, this machine alone', () => {
    const lines = redisConfig(SETTINGS).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'bind 127.0.0.1',
        'appendonly yes',
        'appendfsync everysec',
        'maxmemory-policy noeviction',
        'requirepass "secret"',
      ]),
    );
  });

  it('ask for no password where none was given', () => {
    expect(redisConfig({ ...SETTINGS, password: '' })).not.toContain('requirepass');
  });

  it('keep a password from becoming a second setting', () => {
    expect(redisConfig({ ...SETTINGS, password: 'a"b\\c' })).toContain('requirepass "a\\"b\\\\c"');
    expect(() => redisConfig({ ...SETTINGS, password: 'a\nappendonly no' })).toThrow(/line end/);
  });
});
