import { describe, expect, it } from '@jest/globals';
import { javaMajor } from './java.ts';

describe("Java's version", () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17],
    ['openjdk version "21" 2023-09-19', 21],
    ['java version "1.8.0_412"', 8],
    ['openjdk version "11.0.2-ea" 2019-01-15', 11],
    ['command not found', undefined],
  ])('is read from %j', (text, major) => {
    expect(javaMajor(text)).toBe(major);
  });
});
