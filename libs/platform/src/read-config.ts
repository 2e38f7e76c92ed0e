import * as z from 'zod';
import { CallerError } from './errors.ts';

/** Called once, from main.ts; everything else receives the parsed value. Messages name the variable, never its value. */
export const readConfig = <T extends z.ZodType>(
  schema: T,
  env: Readonly<Record<string, string | undefined>>,
): z.output<T> => {
  const present = Object.fromEntries(Object.entries(env).filter(([, v]) => v !== undefined && v !== ''));
  const parsed = schema.safeParse(present, { reportInput: false });
  if (parsed.success) return parsed.data;
  throw new CallerError(`invalid configuration\n${z.prettifyError(parsed.error)}`, 'invalid-configuration');
};

/** A number in the environment, with its bounds. */
export const envInteger = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** `1`, `true`, `yes`, `on` or their opposites. */
export const envFlag = z
  .enum(['1', 'true', 'yes', 'on', '0', 'false', 'no', 'off'])
  .transform((v) => v === '1' || v === 'true' || v === 'yes' || v === 'on');
