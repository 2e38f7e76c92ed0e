import { admit, laterEnd, type Standing } from './admission.ts';
import type { Enforcement } from './enforcement.ts';
import { anEnforcement } from './testing.ts';

const candidate = anEnforcement({ requestedBy: 'policy:p' });
const alert = { openedAt: 1_000, lastSeenAt: 9_000 };
const none: Standing<Enforcement> = {
  own: undefined,
  live: undefined,
  lifted: undefined,
  begunWithinHour: 0,
  capPerHour: 10,
};
const lifted = (liftedAt: number, endsAt: number | null, liftedBy: string) =>
  anEnforcement({ state: 'lifted', liftedAt, endsAt, liftedBy });

test('the first one begins', () => {
  expect(admit(candidate, alert, none)).toEqual({ kind: 'add', enforcement: candidate });
});

test.each(['pending', 'applied', 'effective', 'lifting', 'failed'] as const)(
  'evaluating again leaves what is %s as it is',
  (state) => {
    const own = anEnforcement({ state });
    const live = state === 'failed' ? undefined : own;
    expect(admit(candidate, alert, { ...none, own, live })).toEqual({ kind: 'keep' });
  },
);

test.each(['refused', 'simulated'] as const)(
  'what was only %s begins once nothing stands against it, in its own row',
  (state) => {
    const own = anEnforcement({ state });
    expect(admit(candidate, alert, { ...none, own })).toEqual({ kind: 'revive', enforcement: candidate });
    expect(admit({ ...candidate, state }, alert, { ...none, own })).toEqual({ kind: 'keep' });
  },
);

test('beyond the cap it is refused, once, with the reason', () => {
  const full = { ...none, begunWithinHour: 10 };
  expect(admit(candidate, alert, full)).toMatchObject({
    kind: 'add',
    enforcement: { state: 'refused', reason: expect.stringContaining('cap of 10') },
  });
  expect(admit(candidate, alert, { ...full, own: anEnforcement({ state: 'refused' }) })).toEqual({ kind: 'keep' });
});

test('simulated and refused ones do not need room under the cap', () => {
  const simulated = { ...candidate, state: 'simulated' as const };
  expect(admit(simulated, alert, { ...none, capPerHour: 0 })).toEqual({ kind: 'add', enforcement: simulated });
});

test('a second one on the same target is refused and extends the live one to the later end', () => {
  const live = anEnforcement({ state: 'effective', endsAt: 5_000 });
  const later = { ...candidate, endsAt: 8_000 };
  expect(admit(later, alert, { ...none, live })).toMatchObject({
    kind: 'cover',
    enforcement: { state: 'refused' },
    endsAt: 8_000,
  });
  expect(admit({ ...candidate, endsAt: 4_000 }, alert, { ...none, live })).toMatchObject({
    kind: 'cover',
    endsAt: 5_000,
  });
});

test('evaluating again does not extend again, so that a block does not go on for as long as its alert does', () => {
  const live = anEnforcement({ state: 'effective' });
  expect(admit(candidate, alert, { ...none, live, own: anEnforcement({ state: 'refused' }) })).toEqual({
    kind: 'keep',
  });
});

test('one that is being lifted is not extended', () => {
  const live = anEnforcement({ state: 'lifting', endsAt: 5_000 });
  expect(admit({ ...candidate, endsAt: 8_000 }, alert, { ...none, live })).toMatchObject({
    kind: 'add',
    enforcement: { state: 'refused' },
  });
});

test('an entity that goes on after its time was up is enforced anew, one that stopped is not', () => {
  const own = lifted(6_000, 6_000, 'outrider');
  expect(admit(candidate, { openedAt: 1_000, lastSeenAt: 6_001 }, { ...none, own, lifted: own }).kind).toBe('add');
  expect(admit(candidate, { openedAt: 1_000, lastSeenAt: 6_000 }, { ...none, own, lifted: own }).kind).toBe('keep');
});

test('what a person lifted stays lifted for the alerts that were open then, whichever policy asks', () => {
  const own = lifted(6_000, 60_000, 'carol');
  expect(admit(candidate, alert, { ...none, own, lifted: own })).toEqual({ kind: 'keep' });
  expect(admit(candidate, alert, { ...none, lifted: own })).toMatchObject({
    kind: 'add',
    enforcement: { state: 'refused', reason: expect.stringContaining('carol') },
  });
  expect(admit(candidate, { openedAt: 6_001, lastSeenAt: 9_000 }, { ...none, lifted: own }).kind).toBe('add');
});

test('a person whose undo reached Kong only after the end undid it all the same', () => {
  const own = lifted(61_000, 60_000, 'carol');
  expect(admit(candidate, { openedAt: 1_000, lastSeenAt: 70_000 }, { ...none, own, lifted: own })).toEqual({
    kind: 'keep',
  });
});

test.each([
  [1, 2, 2],
  [2, 1, 2],
  [null, 1, null],
  [1, null, null],
])('the later of %s and %s is %s', (a, b, expected) => {
  expect(laterEnd(a, b)).toBe(expected);
});
