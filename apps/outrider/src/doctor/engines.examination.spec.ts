import { expect, it } from '@jest/globals';
import { readConfig } from '@outrider/platform/read-config';
import { StartConfig } from '../config.ts';
import { examineEngines } from './engines.examination.ts';

const NOBODY = '127.0.0.1:1';

it('examines no engine that is embedded', async () => {
  expect(await examineEngines(readConfig(StartConfig, {}))).toEqual([]);
});

it('names each engine that cannot be used, and the setting, without its password', async () => {
  const config = readConfig(StartConfig, {
    BUS_URL: `kafka://${NOBODY}`,
    FINGERPRINT_KEY: 'ab'.repeat(32),
    CLICKHOUSE_URL: `http://u:hunter2@${NOBODY}/d`,
    DATABASE_URL: `postgresql://u:hunter2@${NOBODY}/d`,
    REDIS_URL: `redis://u:hunter2@${NOBODY}/0`,
  });
  const found = await examineEngines(config);
  expect(found.map(({ level, advice }) => `${level} ${advice?.match(/[A-Z]+_URL/)?.[0]}`)).toEqual([
    'fail BUS_URL',
    'fail CLICKHOUSE_URL',
    'fail DATABASE_URL',
    'fail REDIS_URL',
  ]);
  expect(JSON.stringify(found)).toContain(NOBODY);
  expect(JSON.stringify(found)).not.toContain('hunter2');
});
