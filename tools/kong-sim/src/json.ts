/** JSON as the Admin API speaks it; an absent key and a null are different things in Kong, so `undefined` is never stored. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object at `key`, or nothing when it is missing, null or of another type. */
export const objectAt = (from: JsonObject | undefined, key: string): JsonObject | undefined => {
  const value = from?.[key];
  return isObject(value) ? value : undefined;
};

export const stringAt = (from: JsonObject | undefined, key: string): string | undefined => {
  const value = from?.[key];
  return typeof value === 'string' ? value : undefined;
};

export const numberAt = (from: JsonObject | undefined, key: string): number | undefined => {
  const value = from?.[key];
  return typeof value === 'number' ? value : undefined;
};

/** The strings of a list; null, missing and other types count as an empty list. */
export const stringsAt = (from: JsonObject | undefined, key: string): string[] => {
  const value = from?.[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
};

export const copyOf = <T extends Json>(value: T): T => structuredClone(value);
