import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { envFlag, envInteger, readConfig } from './read-config.ts';

const Schema = z.object({
  PORT: envInteger(0, 65_535).default(7500),
  TOKEN: z.string().min(16).optional(),
  FLAG: envFlag.default(false),
});

describe('readConfig', () => {
  it('takes an empty value for an absent one', () => {
    expect(readConfig(Schema, { PORT: '', TOKEN: '', FLAG: '' })).toEqual({ PORT: 7500, FLAG: false });
  });

  it('names the variable and never its value', () => {
    expect(() => readConfig(Schema, { TOKEN: 'hunter2' })).toThrow(/TOKEN/);
    expect(() => readConfig(Schema, { TOKEN: 'hunter2' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });

  it('refuses what is out of bounds and understands flags', () => {
    expect(() => readConfig(Schema, { PORT: '70000' })).toThrow(/PORT/);
    expect(() => readConfig(Schema, { FLAG: 'maybe' })).toThrow(/FLAG/);
    expect(readConfig(Schema, { FLAG: 'on' }).FLAG).toBe(true);
  });
});
