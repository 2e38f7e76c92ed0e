import type { QueryShape } from '@outrider/ports/event-store';
import { parametersOf, type Seen } from './endpoint-update.ts';

/** What requests to an endpoint carried. */
export type Asked = Pick<Seen, 'parameters' | 'dataClasses'>;
export const NOTHING_ASKED: Asked = { parameters: {}, dataClasses: [] };

/** By endpoint: classes of its parameters' values, and of the data that its paths and queries held. */
export const requestsOf = (
  shapes: readonly QueryShape[],
  keyOf: (shape: QueryShape) => string,
): ReadonlyMap<string, Asked> => {
  const byKey = new Map<string, { parameters: Map<string, Set<string>>; dataClasses: Set<string> }>();
  for (const shape of shapes) {
    const key = keyOf(shape);
    const of = byKey.get(key) ?? { parameters: new Map<string, Set<string>>(), dataClasses: new Set<string>() };
    byKey.set(key, of);
    for (const [name, one] of parametersOf(shape.query))
      of.parameters.set(name, (of.parameters.get(name) ?? new Set<string>()).add(one));
    for (const one of shape.dataClasses) of.dataClasses.add(one);
  }
  return new Map([...byKey].map(([key, of]) => [key, askedOf(of.parameters, of.dataClasses)]));
};

const askedOf = (parameters: ReadonlyMap<string, ReadonlySet<string>>, dataClasses: ReadonlySet<string>): Asked => ({
  parameters: Object.fromEntries([...parameters].map(([name, classes]) => [name, [...classes]])),
  dataClasses: [...dataClasses].sort(),
});
