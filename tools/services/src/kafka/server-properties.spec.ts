import { describe, expect, it } from '@jest/globals';
import { serverProperties, toProperties } from './server-properties.ts';

const LAYOUT = {
  data: '/srv/kafka',
  clientPort: 1001,
  internalPort: 1002,
  controllerPort: 1003,
  clientProtocol: 'SASL_SSL',
  extra: {},
} as const;
const settings = (text: string): Map<string, string> =>
  new Map(
    text
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

describe("the broker's settings", () => {
  it('open every listener on this machine alone, and tell clients of none that they should not use', () => {
    const found = settings(serverProperties(LAYOUT));
    expect(found.get('listeners')).toBe(
      'CLIENT://127.0.0.1:1001,INTERNAL://127.0.0.1:1002,CONTROLLER://127.0.0.1:1003',
    );
    expect(found.get('advertised.listeners')).not.toContain('CONTROLLER');
    expect(found.get('listener.security.protocol.map')).toContain('CLIENT:SASL_SSL');
  });

  it('make no topic by themselves, and ask a single broker for a single copy of everything', () => {
    const found = settings(serverProperties(LAYOUT));
    expect(found.get('auto.create.topics.enable')).toBe('false');
    for (const name of ['offsets.topic', 'transaction.state.log', 'default'])
      expect(found.get(`${name}.replication.factor`)).toBe('1');
  });

  it("let the caller's own settings win", () => {
    const found = settings(serverProperties({ ...LAYOUT, extra: { 'num.partitions': '7' } }));
    expect(found.get('num.partitions')).toBe('7');
  });

  it('keep a value on its line, whatever is in it', () => {
    expect(toProperties({ path: 'C:\\data\nnum.partitions=9' })).toBe('path=C:\\\\data\\nnum.partitions=9\n');
  });
});
