import { parseCliOptions, UsageError } from './cli-options.ts';

describe('the command line', () => {
  test('has a default for everything', () => {
    expect(parseCliOptions([])).toEqual({
      adminPort: 8001,
      proxyPort: 8000,
      host: '127.0.0.1',
      propagationMs: 5000,
      seedDemo: false,
      trustedIps: [],
    });
  });

  test('takes every option', () => {
    const text =
      '--admin-port 1 --proxy-port 2 --propagation-ms 0 --tcp-log [::1]:9 --seed demo --upstream http://a:1 --trusted-ips 10.0.0.0/8,::1';
    expect(parseCliOptions(text.split(' '))).toMatchObject({
      adminPort: 1,
      proxyPort: 2,
      propagationMs: 0,
      tcpLog: { host: '::1', port: 9 },
      seedDemo: true,
      upstream: 'http://a:1',
      trustedIps: ['10.0.0.0/8', '::1'],
    });
  });

  test('asks for help with nothing', () => {
    expect(parseCliOptions(['--help'])).toBeUndefined();
  });

  test.each([
    ['--admin-port x', '--admin-port'],
    ['--admin-port 70000', '--admin-port'],
    ['--propagation-ms -1', '--propagation-ms'],
    ['--tcp-log collector', '--tcp-log'],
    ['--tcp-log collector:0', '--tcp-log'],
    ['--seed other', '--seed'],
    ['--upstream collector:80', '--upstream'],
    ['--trusted-ips 10.0.0.0/99', '--trusted-ips'],
    ['--nonsense', '--nonsense'],
    ['surplus', 'surplus'],
  ])('refuses "%s" and names %s', (text, named) => {
    expect(() => parseCliOptions(text.split(' '))).toThrow(UsageError);
    expect(() => parseCliOptions(text.split(' '))).toThrow(named);
  });
});
