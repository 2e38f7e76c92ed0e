import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { aContext, anEntry, aReader, readEntry } from '../testing/log-entry.ts';
import { BoundedCache } from './bounded-cache.ts';

describe('BoundedCache', () => {
  it('never holds more than its capacity, and keeps what is used', () => {
    const cache = new BoundedCache<number>(10);
    cache.set('used', 1);
    for (let i = 0; i < 1_000; i++) {
      cache.set(`key-${i}`, i);
      expect(cache.get('used')).toBe(1);
      expect(cache.size).toBeLessThanOrEqual(10);
    }
    expect(cache.get('key-0')).toBeUndefined();
    expect(cache.get('key-999')).toBe(999);
  });

  it('what is remembered of hostile entries does not keep the entries alive', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const [context, reader] = [aContext(), aReader()];
    const padding = 'p'.repeat(200_000);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 400; i++) {
      const hostile = anEntry((e) => {
        e['client_ip'] = `${i}.${'1'.repeat(100)}${padding}`;
        e['consumer'] = { id: `${i}${padding}`, username: `${i}${padding}` };
        e.request['uri'] =
          `/a-rather-long-path/${i}?a-rather-long-name-${i}=1&apikey=a-rather-long-key-${i}&x=${padding}`;
        e.request['url'] = `http://host-number-${i}.example/${padding}`;
        e.request.headers = {
          cookie: `session=a-rather-long-session-${i}; x=${padding}`,
          'user-agent': `${i}${padding}`,
        };
      });
      readEntry(hostile, context, reader);
    }
    collectGarbage();
    // 400 entries of more than a megabyte each went by.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
  });
});
