import { describe, expect, it } from '@jest/globals';
import { Lifecycle, type Phase } from './lifecycle.ts';
import { createLogger } from './logger.ts';

const log = createLogger({ name: 'spec', level: 'silent', pretty: false });

const recorded = (): {
  lifecycle: Lifecycle;
  events: string[];
  part: (name: string, phase: Phase, fails?: 'start' | 'stop') => void;
} => {
  const lifecycle = new Lifecycle(log);
  const events: string[] = [];
  const act = (what: string, fails: boolean): void => {
    events.push(what);
    if (fails) throw new Error('no');
  };
  return {
    lifecycle,
    events,
    part: (name, phase, fails) =>
      lifecycle.add({
        name,
        phase,
        start: () => act(`+${name}`, fails === 'start'),
        stop: () => act(`-${name}`, fails === 'stop'),
      }),
  };
};

describe('Lifecycle', () => {
  it('starts by phase whatever the order of adding, and stops in reverse', async () => {
    const { lifecycle, events, part } = recorded();
    part('http', 'listeners');
    part('db', 'clients');
    part('consumer', 'consumers');
    await lifecycle.start();
    await lifecycle.stop();
    expect(events).toEqual(['+db', '+consumer', '+http', '-http', '-consumer', '-db']);
  });

  it('stops what had started when a part cannot start, and says which it was', async () => {
    const { lifecycle, events, part } = recorded();
    part('db', 'clients');
    part('consumer', 'consumers', 'start');
    part('http', 'listeners');
    await expect(lifecycle.start()).rejects.toThrow('consumer did not start: no');
    expect(events).toEqual(['+db', '+consumer', '-db']);
  });

  it('does not spare the rest when one part cannot stop', async () => {
    const { lifecycle, events, part } = recorded();
    part('db', 'clients');
    part('consumer', 'consumers', 'stop');
    await lifecycle.start();
    await lifecycle.stop();
    expect(events).toEqual(['+db', '+consumer', '-consumer', '-db']);
  });

  it('stops an adopted engine last, also when nothing was started', async () => {
    const { lifecycle, events, part } = recorded();
    lifecycle.adopt({ name: 'engine', stop: () => void events.push('-engine') });
    part('db', 'clients', 'start');
    await expect(lifecycle.start()).rejects.toThrow();
    expect(events).toEqual(['+db', '-engine']);
  });

  it('stops once for all who ask', async () => {
    const { lifecycle, events, part } = recorded();
    part('db', 'clients');
    await lifecycle.start();
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(events).toEqual(['+db', '-db']);
  });
});
