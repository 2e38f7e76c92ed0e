import * as z from 'zod';

/** Brokers take 4096 bytes (`offset.metadata.max.bytes`) unless told otherwise; ours are a few dozen. */
export const MAX_METADATA_BYTES = 2_048;

const Metadata = z.object({ v: z.literal(1), plans: z.array(z.int().nonnegative()).max(1_000) });

/**
 * The planned blocks beside a committed offset: `{"v":1,"plans":[3,10]}` at offset 100 are blocks that end at 102 and 112, each number
 * being the length of a block. Empty without plans. Undefined when it would be longer than a broker takes.
 */
export const encodePlans = (committed: number, plans: readonly number[]): string | undefined => {
  if (plans.length === 0) return '';
  let from = committed;
  const lengths = plans.map((through) => {
    const length = through + 1 - from;
    from = through + 1;
    return length;
  });
  const text = JSON.stringify({ v: 1, plans: lengths });
  return text.length <= MAX_METADATA_BYTES ? text : undefined;
};

/** Last offsets of the planned blocks; undefined for what we did not write. */
export const decodePlans = (committed: number, metadata: string | null): number[] | undefined => {
  if (metadata === null || metadata === '') return [];
  const parsed = Metadata.safeParse(jsonOf(metadata));
  if (!parsed.success) return undefined;
  let from = committed;
  return parsed.data.plans.map((length) => (from += length) - 1);
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
