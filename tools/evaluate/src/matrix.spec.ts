import { expect, test } from '@jest/globals';
import { ATTACKS } from '@outrider/corpus/attacks/catalogue';
import { FULL_SEEDS, matrixOf } from './matrix.ts';

const runs = matrixOf(FULL_SEEDS, 'full', undefined);

test('every attack of the catalogue is tried at every strength with every seed', () => {
  for (const name of Object.keys(ATTACKS)) {
    const tried = runs.filter((run) => run.attacks.includes(name));
    expect([name, tried.length]).toEqual([name, FULL_SEEDS.length * 3]);
  }
});

test('an attack is planted only where its history fits', () => {
  for (const run of runs) for (const name of run.attacks) expect(ATTACKS[name]?.days ?? 0).toBeLessThan(run.days);
});

test('runs have names of their own', () => {
  expect(new Set(runs.map((run) => run.id)).size).toBe(runs.length);
});
