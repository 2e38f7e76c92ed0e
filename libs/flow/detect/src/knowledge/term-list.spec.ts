import { describe, expect, it } from '@jest/globals';
import { TermList } from './term-list.ts';

describe('TermList', () => {
  it('keeps the first and the latest time in any order of arrival', () => {
    const list = new TermList(8);
    list.add(7, 200);
    list.add(7, 100);
    list.add(7, 300, 4, 50);
    expect([list.firstAt(7), list.lastAt(7), list.count(7)]).toEqual([50, 300, 6]);
    expect([list.firstAt(8), list.has(8), list.count(8)]).toEqual([undefined, false, 0]);
  });

  it('lets the least recently seen go beyond its bound, and says that it forgot', () => {
    const list = new TermList(5);
    for (let term = 1; term <= 5; term++) list.add(term, term);
    list.add(1, 100);
    list.add(9, 101);
    expect([list.size, list.forgotten, list.has(1), list.has(2), list.has(9)]).toEqual([5, 1, true, false, true]);
    expect([list.firstAt(9), list.count(9)]).toEqual([101, 1]);
  });

  it('counts what joined in a span by when it was first seen, its beginning included and its end not', () => {
    const list = new TermList(8);
    list.add(1, 10);
    list.add(2, 20);
    list.add(3, 30);
    list.add(1, 25);
    expect([list.joinedWithin(10, 30), list.joinedWithin(11, 31), list.olderThan(20)]).toEqual([2, 2, 1]);
  });
});
