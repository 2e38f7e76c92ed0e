import type { DetectorFacts } from '@outrider/domain/detection/detector-facts';
import * as z from 'zod';
import type { DetectorDefinition, DetectorSettings } from '../engine/detector.ts';
import { isTunableSetting } from './check-settings.ts';

type Row = DetectorFacts['settings'][number];

/** What of a JSON schema is shown. */
const Property = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.json()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  maxItems: z.number().optional(),
});
type Property = z.infer<typeof Property>;
const Schema = z.object({ properties: z.record(z.string(), z.unknown()).default({}) });

/** A detector's settings with their defaults and bounds, in the order of its schema. */
export const settingsTable = (definition: DetectorDefinition, base: DetectorSettings): readonly Row[] => {
  const { properties } = Schema.parse(z.toJSONSchema(definition.settings, { io: 'input', unrepresentable: 'any' }));
  const defaults = new Map<string, unknown>(Object.entries(base));
  return Object.entries(properties).map(([name, given]): Row => {
    const property = Property.parse(given);
    return {
      name,
      default: z.json().parse(defaults.get(name) ?? null),
      kind: kindOf(property),
      bounds: boundsOf(property),
      tunable: isTunableSetting(name),
    };
  });
};

const KINDS: Readonly<Record<string, string>> = { array: 'list', string: 'text' };

const kindOf = ({ type, enum: choices }: Property): string => {
  if (choices) return 'choice';
  const plain = typeof type === 'string' ? type : (type?.[0] ?? 'object');
  return KINDS[plain] ?? plain;
};

const boundsOf = (property: Property): string => {
  const { minimum, maximum, exclusiveMinimum, minLength, maxLength, maxItems, enum: choices } = property;
  if (choices) return choices.map((choice) => String(choice)).join(', ');
  const top = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const bottom = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  if (bottom !== undefined && top !== undefined) return `${bottom} to ${top}`;
  if (exclusiveMinimum !== undefined) return `above ${exclusiveMinimum}${top === undefined ? '' : `, at most ${top}`}`;
  if (bottom !== undefined) return `at least ${bottom}`;
  if (top !== undefined) return `at most ${top}`;
  if (maxItems !== undefined) return `at most ${maxItems} entries`;
  if (maxLength !== undefined) return `${minLength ?? 0} to ${maxLength} characters`;
  return '';
};
