import type { Metrics } from '@outrider/platform/metrics';
import type { HeldReason } from './live-controls.ts';

export const heldCounter = (metrics: Metrics): ((reason: HeldReason) => void) => {
  const count = metrics.counter(
    'outrider_detect_held_total',
    'What people decided about findings: `off` and `excepted` are not told, `simulated` not acted upon; `invalid-override`: settings that fit the detector no more',
    ['reason'],
  );
  return (reason) => count({ reason });
};
