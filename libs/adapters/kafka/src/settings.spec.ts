import { describe, expect, test } from '@jest/globals';
import { kafkaGroupOf, memberSettings, resolveSettings } from './settings.ts';

describe('settings of the bus on Kafka', () => {
  test.each([
    [{ brokers: [] }, 'brokers'],
    [{ brokers: ['kafka'] }, 'brokers'],
    [{ brokers: ['kafka:9092/x'] }, 'brokers'],
    [{ brokers: ['a:1'], topicPrefix: 'a b' }, 'topicPrefix'],
    [{ brokers: ['a:1'], partitions: 0 }, 'partitions'],
    [{ brokers: ['a:1'], replication: 10 }, 'replication'],
    [{ brokers: ['a:1'], maxPendingBytes: 2 ** 40 }, 'maxPendingBytes'],
  ])('name what is outside its bounds: %j', (settings, name) => {
    expect(() => resolveSettings(settings)).toThrow(name);
  });

  test('take brokers by name and by address', () => {
    expect(resolveSettings({ brokers: ['kafka-0.kafka:9092', '10.0.0.1:9092', '[::1]:9092'] }).compression).toBe('lz4');
  });

  test('keep installations and topics of one group apart', () => {
    expect(kafkaGroupOf('eu.', 'analyzer', 'outrider.events.v1')).toBe('eu.outrider-analyzer-events.v1');
  });

  test('let a member wait for its group for longer than a dead leader keeps its place', () => {
    for (const sessionTimeoutMs of [1_000, 10_000, 60_000]) {
      const settings = resolveSettings({ brokers: ['a:1'], sessionTimeoutMs });
      expect(memberSettings(settings).requestTimeoutMs).toBeGreaterThan(sessionTimeoutMs);
      expect(memberSettings(settings).requestTimeoutMs).toBeGreaterThanOrEqual(settings.requestTimeoutMs);
    }
  });
});
