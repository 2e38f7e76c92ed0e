import { createHmac, randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { NotificationPayload } from '@outrider/contracts/notifications/notification-payload';
import { PermanentError, TransientError } from '@outrider/platform/errors';
import { RespondWorld } from '../testing/respond-world.ts';
import { DELIVERY_DELAYS_MS } from './delivery-schedule.ts';
import { signatureOf } from './webhook-signature.ts';

const aDelivery = async (world: RespondWorld) => {
  world.webhooks.now = world.time;
  const draft = { name: 'hook', url: 'https://hook.example/in', allowPrivateAddress: false, events: ['*'] };
  const { webhook, secret } = await world.webhooks.create('default', draft, 'tester');
  const id = randomUUID();
  const row = {
    id,
    tenant: 'default',
    webhookId: webhook.id,
    dedupKey: id,
    event: 'alert.opened',
    payload: '{"a":1}',
    createdAt: world.time,
  };
  await world.deliveries.create(row);
  return { id, webhook, secret };
};
const delivery = (world: RespondWorld, id: string) => world.deliveries.deliveries.get(id);

describe('a webhook delivery', () => {
  test('is signed as Standard Webhooks say: the published example gives the published signature', () => {
    const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
    expect(signatureOf([secret], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}')).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  test('carries one signature for each secret while one is being rotated out', async () => {
    const world = new RespondWorld();
    const { id, webhook, secret } = await aDelivery(world);
    const rotated = await world.webhooks.rotate('default', webhook.id, 60_000, 'tester');
    await world.responder.deliverer.deliver(id);
    const request = world.outbound.requests[0];
    if (!request) throw new Error('nothing was sent');
    const { headers, body, timeoutMs, allowPrivateAddress } = request;
    expect({ timeoutMs, allowPrivateAddress }).toEqual({ timeoutMs: 15_000, allowPrivateAddress: false });
    const signed = [rotated?.secret, secret].map((text) => {
      const key = Buffer.from(text?.replace('whsec_', '') ?? '', 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${headers['webhook-timestamp']}.${body}`).digest('base64')}`;
    });
    expect(headers).toMatchObject({ 'webhook-id': id, 'webhook-signature': signed.join(' ') });
    expect(delivery(world, id)).toMatchObject({ state: 'delivered', attempts: 1, lastStatus: 200 });
  });

  test('is tried ten times over the schedule, each attempt recorded, and then given up', async () => {
    const world = new RespondWorld();
    const { id } = await aDelivery(world);
    world.outbound.answer = () => ({ status: 302, excerpt: '' });
    const pauses = [0];
    for (;;) {
      await world.responder.deliverer.deliver(id);
      const next = delivery(world, id)?.nextAttemptAt;
      if (typeof next !== 'number') break;
      pauses.push(next - world.time);
      world.time = next;
    }
    expect(delivery(world, id)).toMatchObject({ state: 'failed', attempts: 10 });
    expect(await world.deliveries.attempts(id)).toHaveLength(10);
    expect(pauses).toHaveLength(DELIVERY_DELAYS_MS.length);
    for (const [at, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(DELIVERY_DELAYS_MS[at] ?? 0);
      expect(pause).toBeLessThanOrEqual((DELIVERY_DELAYS_MS[at] ?? 0) * 1.1 + 1);
    }
  });

  test.each([
    ['201', () => ({ status: 201, excerpt: '' }), { state: 'delivered' }, true],
    ['410 switches the webhook off', () => ({ status: 410, excerpt: '' }), { state: 'failed', lastStatus: 410 }, false],
    ['a redirect is a failure', () => ({ status: 301, excerpt: '' }), { state: 'pending', lastStatus: 301 }, true],
    ['500', () => ({ status: 500, excerpt: '' }), { state: 'pending', lastStatus: 500 }, true],
    [
      'no answer',
      () => {
        throw new TransientError('no answer');
      },
      { state: 'pending', lastError: 'no answer' },
      true,
    ],
    [
      'a private address',
      () => {
        throw new PermanentError('private', 'private-address');
      },
      { state: 'failed', lastError: 'private' },
      true,
    ],
  ])('%s', async (_name, answer, expected, enabled) => {
    const world = new RespondWorld();
    const { id, webhook } = await aDelivery(world);
    world.outbound.answer = answer;
    await world.responder.deliverer.deliver(id);
    expect(delivery(world, id)).toMatchObject(expected);
    expect(world.webhooks.webhooks.get(webhook.id)?.enabled).toBe(enabled);
  });

  test('waits as long as a busy receiver asks, within bounds, and not less than planned', async () => {
    for (const [asked, waited] of [
      [60_000, 60_000],
      [10, 5_000],
      [10 ** 12, 86_400_000],
    ] as const) {
      const world = new RespondWorld();
      const { id } = await aDelivery(world);
      world.outbound.answer = () => ({ status: 503, excerpt: '', retryAfterMs: asked });
      await world.responder.deliverer.deliver(id);
      const pause = (delivery(world, id)?.nextAttemptAt ?? 0) - world.time;
      expect(pause).toBeGreaterThanOrEqual(waited);
      expect(pause).toBeLessThanOrEqual(waited * 1.1);
    }
  });

  test('is not sent before its time by a second job, nor again once delivered; a replay sends it again', async () => {
    const world = new RespondWorld();
    const { id } = await aDelivery(world);
    world.outbound.answer = () => ({ status: 500, excerpt: '' });
    await world.responder.deliverer.deliver(id);
    await world.responder.deliverer.deliver(id);
    expect(world.outbound.requests).toHaveLength(1);
    world.time += 6_000;
    world.outbound.answer = () => ({ status: 200, excerpt: '' });
    await Promise.all([world.responder.deliverer.deliver(id), world.responder.deliverer.deliver(id)]);
    await world.responder.deliverer.deliver(id);
    expect(world.outbound.requests).toHaveLength(2);
    await world.deliveries.reset('default', id, world.time);
    await world.responder.deliverer.deliver(id);
    expect(delivery(world, id)).toMatchObject({ state: 'delivered', attempts: 1 });
  });
});

describe('telling of enforcements', () => {
  test('each state once to each webhook that asked for it, as the documented payload, without what was saved', async () => {
    const world = new RespondWorld();
    const draft = { name: 'hook', url: 'https://hook.example/in', allowPrivateAddress: false };
    await world.webhooks.create('default', { ...draft, events: ['enforcement.applied'] }, 'tester');
    await world.webhooks.create('default', { ...draft, events: ['enforcement.*'] }, 'tester');
    await world.webhooks.create('default', { ...draft, events: ['alert.opened'] }, 'tester');
    const { id } = world.add();
    await world.apply(id);
    world.enforcements.records.set(id, { ...world.row(id), state: 'pending' });
    await world.apply(id);
    await world.undo(id);
    const told = [...world.deliveries.deliveries.values()].map(({ event, payload }) => ({
      event,
      payload: NotificationPayload.parse(JSON.parse(payload)),
    }));
    expect(told.map(({ event }) => event).sort()).toEqual([
      'enforcement.applied',
      'enforcement.applied',
      'enforcement.lifted',
    ]);
    expect(told[0]?.payload).toMatchObject({ version: 1, type: 'enforcement.applied', data: { enforcement: { id } } });
    expect(JSON.stringify(told)).not.toContain('"saved"');
  });
});
