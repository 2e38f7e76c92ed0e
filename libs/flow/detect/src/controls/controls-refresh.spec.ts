import { expect, jest, test } from '@jest/globals';
import type { AllControls } from '@outrider/domain/detection/detection-control';
import { ControlsRefresh } from './controls-refresh.ts';

const NOTHING: AllControls = { overrides: [], exceptions: [] };
const parts = (all: () => Promise<AllControls>) => {
  const refresh = jest.fn();
  const warn = jest.fn();
  const clock = { now: () => 7 };
  return {
    refresh,
    warn,
    made: new ControlsRefresh({ store: { all }, controls: { refresh }, clock, log: { warn }, everyMs: 60_000 }),
  };
};

test('nothing starts without the decisions having been read once', async () => {
  const { made, refresh } = parts(() => Promise.reject(new Error('away')));
  await expect(made.start()).rejects.toThrow('away');
  expect(refresh).not.toHaveBeenCalled();
  await made.stop();
});

test('while the store is away what was read last stays in force', async () => {
  let away = false;
  const { made, refresh, warn } = parts(() => (away ? Promise.reject(new Error('away')) : Promise.resolve(NOTHING)));
  await made.start();
  away = true;
  await made.refresh();
  expect([refresh.mock.calls.length, warn.mock.calls.length]).toEqual([1, 1]);
  await made.stop();
});

test('two reads never overlap', async () => {
  let open = 0;
  let most = 0;
  const { made } = parts(async () => {
    most = Math.max(most, ++open);
    await Promise.resolve();
    open--;
    return NOTHING;
  });
  await Promise.all([made.refresh(), made.refresh(), made.refresh()]);
  expect(most).toBe(1);
  await made.stop();
});
