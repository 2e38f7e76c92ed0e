import { describe, expect, it } from '@jest/globals';
import { parseCliOptions, UsageError } from './cli-options.ts';

describe('the command line', () => {
  it('starts everything, with Kafka 4, unless told otherwise', () => {
    expect(parseCliOptions([])).toEqual({
      only: ['kafka', 'redis', 'postgres', 'clickhouse-http'],
      kafka: '4',
      keep: false,
      demand: false,
      check: false,
    });
    expect(parseCliOptions(['--only', 'redis, kafka', '--kafka', '3.9', '--dir', 'x'])).toMatchObject({
      only: ['redis', 'kafka'],
      kafka: '3.9',
      dir: 'x',
    });
  });

  it.each([
    [['--only', 'kafka,mysql'], /there is kafka, redis, .* not "mysql"/],
    [['--only', ''], /--only/],
    [['--kafka', '2'], /there is 4 and 3.9, not "2"/],
    [['--dir', ''], /name a folder/],
    [['--what'], /--what/],
    [['redis'], /redis/],
  ])('refuses %j with a message that says what there is', (args, message) => {
    expect(() => parseCliOptions(args)).toThrow(UsageError);
    expect(() => parseCliOptions(args)).toThrow(message);
  });
});
