import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { expect, it } from '@jest/globals';
import { readConfig } from '@outrider/platform/read-config';
import { ClientConfig, StartConfig } from './config.ts';

const EXAMPLE = fileURLToPath(new URL('../../../.env.example', import.meta.url));

it('.env.example shows every default as it is: with it, the settings are those of an empty environment', () => {
  const example = parseEnv(readFileSync(EXAMPLE, 'utf8')) as Record<string, string>;
  expect(readConfig(StartConfig, example)).toEqual(readConfig(StartConfig, {}));
  expect(readConfig(ClientConfig, example)).toEqual(readConfig(ClientConfig, {}));
});
