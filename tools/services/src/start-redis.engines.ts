import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Service } from './service.ts';
import { startRedis } from './start-redis.ts';

describe('Redis', () => {
  let redis: Service;
  let client: Redis;
  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
    client.on('error', () => undefined); // refused connections while it is down
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });

  it('is set as BullMQ wants it: nothing is evicted, everything goes to its file', async () => {
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await client.config('GET', 'append*')).toEqual(expect.arrayContaining(['appendonly', 'yes', 'everysec']));
  });

  it('comes back after kill -9 with its data, on the same port', async () => {
    const { pid, port } = redis;
    await client.set('kept', 'yes');
    redis.kill();
    await redis.restart();
    expect(redis.pid).not.toBe(pid);
    expect(redis.port).toBe(port);
    expect(await client.get('kept')).toBe('yes');
  });

  it('lets nobody in without the password', async () => {
    const stranger = new Redis(redis.port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
    stranger.on('error', () => undefined);
    await expect(stranger.get('kept')).rejects.toThrow(/NOAUTH/);
    stranger.disconnect();
  });

  it('answers nobody while it is paused, and goes on afterwards', async () => {
    redis.pause();
    const impatient = new Redis(redis.url, { commandTimeout: 300, lazyConnect: true, retryStrategy: () => null });
    impatient.on('error', () => undefined);
    await expect(impatient.ping()).rejects.toThrow();
    impatient.disconnect();
    redis.resume();
    expect(await client.ping()).toBe('PONG');
  });
});
