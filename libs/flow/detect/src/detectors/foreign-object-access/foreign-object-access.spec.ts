import { describe, expect, it } from '@jest/globals';
import { consumer, DAY, findingsOf, habit, HOUR, reads, START } from '../../objects/testing/object-traffic.ts';
import { FOREIGN_OBJECT_ACCESS } from './foreign-object-access.definition.ts';

/** Consumer `who` reads its five orders every two hours for three days. */
const owner = (who: number, first: number) =>
  Array.from({ length: 36 }, (_, i) => reads(5, START - 3 * DAY + i * 2 * HOUR, 2_000, (k) => first + k, consumer(who))).flat(); // prettier-ignore
const found = (...events: Parameters<typeof findingsOf>[1][]) => findingsOf(FOREIGN_OBJECT_ACCESS, events.flat());

describe('foreign-object-access', () => {
  it('tells a known consumer that is given three objects of one other', () => {
    const [first] = found(owner(1, 100), habit(3, START, consumer(2)), reads(3, START, 20_000, (i) => 100 + i, consumer(2))); // prettier-ignore
    expect(first).toMatchObject({ entity: { id: 'consumer-2' }, severity: 'medium' });
  });

  it('is silent on objects that several use, on two of them, on refusals, and on a newcomer that takes over', () => {
    const third = reads(5, START - DAY, 1_000, (i) => 100 + i, consumer(3));
    const theft = reads(5, START, 20_000, (i) => 100 + i, consumer(2));
    const known = habit(3, START, consumer(2));
    expect(found(owner(1, 100), third, known, theft)).toEqual([]);
    expect(found(owner(1, 100), known, theft.slice(0, 2))).toEqual([]);
    expect(found(owner(1, 100), known, theft.map((event) => ({ ...event, status: 403 })))).toEqual([]); // prettier-ignore
    expect(found(owner(1, 100), theft)).toEqual([]);
  });
});
