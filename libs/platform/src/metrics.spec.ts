import { describe, expect, it } from '@jest/globals';
import { Metrics } from './metrics.ts';

describe('Metrics', () => {
  it('bounds the series of a metric, so that a label taken from traffic cannot fill the memory', async () => {
    const metrics = new Metrics();
    const count = metrics.counter('outrider_spec_total', 'for the spec', ['reason']);
    for (let i = 0; i < 5_000; i++) count({ reason: `r${i}` });
    expect((await metrics.text()).split('\n').filter((line) => line.startsWith('outrider_spec_total{'))).toHaveLength(
      2_000,
    );
  });

  it('gives the same counter to whoever declares the same name', async () => {
    const metrics = new Metrics();
    metrics.counter('outrider_spec_total', 'for the spec')();
    metrics.counter('outrider_spec_total', 'for the spec')({}, 2);
    expect(await metrics.text()).toContain('outrider_spec_total 3');
  });
});
