import fc from 'fast-check';
import { PathTemplates } from './path-templates.ts';
import { restoreTemplates, snapshotOf, TemplateSnapshot } from './template-snapshot.ts';
import { knownKeys, teach, wordOf } from './testing.ts';

const SETTINGS = { minSuccesses: 3, warmSuccesses: 50 };

describe('a snapshot', () => {
  it('restores a learner that answers, and goes on learning, like the one it was taken of', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 4_000 }), { minLength: 50, maxLength: 400 }), (numbers) => {
        const paths = numbers.map(
          (n) => `/${['users', 'repos', 'orders'][n % 3]}/${n % 5 === 0 ? n : wordOf(n)}/${n % 2 ? 'keys' : ''}`,
        );
        const half = paths.length >> 1;
        const first = new PathTemplates(SETTINGS);
        teach(first, paths.slice(0, half), 2);
        const stored = TemplateSnapshot.parse(JSON.parse(JSON.stringify(snapshotOf(first))));
        const second = restoreTemplates(stored, SETTINGS);
        expect(snapshotOf(second)).toEqual(stored);
        expect(second.figures.nodes).toBe(first.figures.nodes);
        teach(first, paths.slice(half), 2);
        teach(second, paths.slice(half), 2);
        expect(knownKeys(second)).toEqual(knownKeys(first));
        for (const path of paths) expect(second.match('GET', path)?.key).toBe(first.match('GET', path)?.key);
        expect(second.version).toBe(first.version);
      }),
      { numRuns: 40 },
    );
  });

  it('tells what changed since a version, across the restart', () => {
    const first = new PathTemplates();
    teach(first, ['/a', '/b'], 20);
    const { version } = first;
    const second = restoreTemplates(snapshotOf(first));
    teach(second, ['/c'], 40);
    expect(second.changesSince(version).known.map((one) => one.key)).toEqual(['GET /c']);
  });

  it('that is out of order is refused', () => {
    const snapshot = snapshotOf(new PathTemplates());
    const [root] = snapshot.nodes;
    if (root === undefined) throw new Error('no root');
    expect(() => restoreTemplates({ ...snapshot, nodes: [{ ...root, up: 3 }] })).toThrow('begins with its root');
  });
});
