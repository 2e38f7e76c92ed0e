import { STRENGTHS, type Strength } from '@outrider/corpus/attacks/attack';
import { ATTACKS } from '@outrider/corpus/attacks/catalogue';

/** One corpus of the matrix. */
export interface Run {
  readonly id: string;
  readonly seed: number;
  readonly days: number;
  readonly consumers: number;
  readonly scale: number;
  readonly profile: string;
  readonly attacks: readonly string[];
  readonly strength: Strength;
}

export const FULL_SEEDS = [11, 12, 13, 14] as const;
export const SMALL_SEEDS = [21] as const;

/** How long an estate lives, and which attacks are planted there: those whose history fits. */
const SPANS = [
  { name: 'days', days: 2, consumers: 30, scale: 1, min: 0, max: 1 },
  { name: 'weeks', days: 12, consumers: 30, scale: 0.5, min: 1, max: 10 },
  { name: 'months', days: 42, consumers: 14, scale: 0.7, min: 10, max: 99 },
] as const;
const BATCH = 16;

/** `only` keeps attacks of that name or type. */
export const matrixOf = (seeds: readonly number[], size: 'full' | 'small', only: string | undefined): Run[] => {
  const spans = size === 'full' ? SPANS : SPANS.slice(0, 2);
  const names = (span: (typeof SPANS)[number]): string[] =>
    Object.entries(ATTACKS).flatMap(([name, one]) => {
      const days = one.days ?? 0;
      const fits = days >= span.min && (days < span.max || (span.min === 0 && days <= 1)) && !(span.min === 1 && days === 1); // prettier-ignore
      return fits && (only === undefined || name === only || one.type === only) ? [name] : [];
    });
  const attacked = seeds.flatMap((seed) =>
    spans.flatMap((span) =>
      batches(names(span)).flatMap((attacks, batch) =>
        STRENGTHS.map((strength) => ({
          ...span,
          id: `${span.name}-${strength}-${batch + 1}-seed${seed}`,
          seed: seed * 10 + batch,
          profile: batch % 2 === 0 ? 'all' : 'none',
          attacks,
          strength,
        })),
      ),
    ),
  );
  return only === undefined ? [...attacked, ...seeds.flatMap((seed) => benign(seed, size))] : attacked;
};

const benign = (seed: number, size: 'full' | 'small'): Run[] => {
  const kinds: readonly (readonly [string, number, number, number, string])[] = [
    ['benign-day', 1.5, 40, 1, 'all'],
    ['benign-weeks', 14, 30, 0.5, 'all'],
    ...(size === 'full'
      ? ([
          ['benign-calm', 12, 30, 0.6, 'none'],
          ['benign-busy', 3, 40, 3, 'sale,outage,retry-client,campaign,office-nat,typo-morning,stale-fleet'],
          ['benign-clocks', 12, 24, 0.6, 'dst,holiday,night-walk,newcomers,key-rotation,odd-search'],
          ['benign-months', 40, 16, 0.4, 'all'],
          [
            'benign-keyless',
            10,
            30,
            0.6,
            'keyless,sale,office-nat,typo-morning,outage,new-feature,crawler,campaign,deploy',
          ],
        ] as const)
      : []),
  ];
  return kinds.map(([name, days, consumers, scale, profile], i) => ({
    id: `${name}-seed${seed}`,
    seed: seed * 10 + 3 + i,
    days,
    consumers,
    scale,
    profile,
    attacks: [],
    strength: 'medium' as const,
  }));
};

const batches = (names: readonly string[]): string[][] => {
  const count = Math.ceil(names.length / BATCH);
  // neighbours in the catalogue are alike, so they are dealt out
  return Array.from({ length: count }, (_, i) => names.filter((_name, n) => n % count === i));
};
