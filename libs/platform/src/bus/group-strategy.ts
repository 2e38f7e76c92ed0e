import type { INestApplication } from '@nestjs/common';
import { NestMicroservice, Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { PermanentError, TransientError } from '../errors.ts';
import { DeliveryErrorFilter } from './delivery-error.filter.ts';

/** A running subscription. */
export interface Subscription {
  /** Hands out nothing more, waits for handlers up to a bound, and writes the commits. Idempotent. */
  stop(): Promise<void>;
}

/** A bus whose messages are `D`. The handler's promise is the acknowledgement. */
export interface Consumable<D, O extends object> {
  consume(
    options: O & { readonly topic: string; readonly group: string },
    handler: (delivery: D) => Promise<void>,
  ): Promise<Subscription>;
}

/** Group symbols are described as `outrider.group.<name>`. */
const GROUP_PREFIX = /^outrider\.group\./;

/**
 * Nest transport of one consumer group: `@EventPattern(topic, group)` handlers get each `Delivery`, and it is acknowledged once all of
 * them have finished. Connect it with `connectGroup`, which keeps handlers' errors as they are.
 */
export class GroupStrategy<D, O extends object> extends Server implements CustomTransportStrategy {
  readonly #handlers = new Map<string, MessageHandler[]>();
  #subscriptions: Subscription[] = [];

  constructor(
    private readonly bus: Consumable<D, O>,
    private readonly group: symbol,
    private readonly options: O,
  ) {
    super();
    this.transportId = group;
  }

  /** Several handlers of one topic are kept side by side: Nest's own chain would end at the first failure while others still run. */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    if (typeof pattern !== 'string' || !isEventHandler)
      throw new PermanentError(
        'the event bus serves @EventPattern handlers whose pattern is a topic name',
        'bad-handler',
      );
    callback.isEventHandler = true;
    callback.extras = extras;
    this.#handlers.set(pattern, [...(this.#handlers.get(pattern) ?? []), callback]);
    if (!this.messageHandlers.has(pattern)) this.messageHandlers.set(pattern, callback);
  }

  listen(callback: (error?: unknown) => void): void {
    this.#subscribe().then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  /** Stops consuming; idempotent. */
  async close(): Promise<void> {
    const subscriptions = this.#subscriptions;
    this.#subscriptions = [];
    await Promise.all(subscriptions.map((subscription) => subscription.stop()));
  }

  /** There are no transport events. */
  on(): void {
    return;
  }

  /** Nothing of the driver is shown: the bus is reached through its port. */
  unwrap<T>(): T {
    throw new PermanentError('the event bus has no native server to unwrap', 'no-native-server');
  }

  async #subscribe(): Promise<void> {
    const group = this.group.description?.replace(GROUP_PREFIX, '');
    if (!group) throw new PermanentError('a consumer group is a symbol with a description', 'bad-group');
    try {
      for (const [topic, handlers] of this.#handlers)
        this.#subscriptions.push(
          await this.bus.consume({ ...this.options, topic, group }, (delivery) => callAll(handlers, delivery)),
        );
    } catch (error) {
      await this.close();
      throw error;
    }
  }
}

/**
 * Binds `strategy` to a Nest application, before `startAllMicroservices`. Nest binds handlers at once and takes filters only before that,
 * hence the initialisation by hand; the application's own life cycle hooks are not called a second time.
 */
export const connectGroup = (app: INestApplication, strategy: Server & CustomTransportStrategy): void => {
  const microservice = app.connectMicroservice({ strategy }, { deferInitialization: true });
  microservice.useGlobalFilters(new DeliveryErrorFilter());
  if (!(microservice instanceof NestMicroservice)) throw new PermanentError('not a Nest microservice', 'bad-handler');
  microservice.registerListeners();
  microservice.setIsInitialized(true);
  microservice.setIsInitHookCalled(true);
};

/** Waits for every handler; a passing failure of one outweighs a lasting failure of another, since the message then comes again. */
const callAll = async <D>(handlers: readonly MessageHandler[], delivery: D): Promise<void> => {
  const outcomes = await Promise.allSettled(handlers.map((handler) => settled(handler, delivery)));
  const errors = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }): unknown => reason);
  if (errors.length === 0) return;
  const masked = errors.find((error) => !(error instanceof Error));
  if (masked !== undefined)
    throw new TransientError(
      'a handler failed and Nest hid its error: connect the group with connectGroup',
      'masked-error',
      { cause: masked },
    );
  throw errors.find((error) => error instanceof TransientError) ?? errors[0];
};

const settled = async <D>(handler: MessageHandler, delivery: D): Promise<void> => {
  const answer: unknown = await handler(delivery);
  if (isObservable(answer)) await lastValueFrom(answer, { defaultValue: undefined });
};
