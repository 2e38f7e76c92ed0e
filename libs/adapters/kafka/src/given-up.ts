import { CallerError, PermanentError, TransientError } from '@outrider/platform/errors';
import type { Delivery, OutgoingMessage } from '@outrider/ports/event-bus';

/** The message as it was, with headers that say where it came from and why it is here. Never what the error says: it may quote the message. */
export const givenUpMessage = (delivery: Delivery, group: string, error: unknown): OutgoingMessage => ({
  key: delivery.key,
  value: delivery.value,
  headers: {
    ...delivery.headers,
    'outrider-topic': delivery.topic,
    'outrider-partition': String(delivery.partition),
    'outrider-offset': String(delivery.offset),
    'outrider-group': group,
    'outrider-error': error instanceof Error ? error.name.slice(0, 100) : typeof error,
    'outrider-reason': reasonOf(error),
  },
});

const reasonOf = (error: unknown): string =>
  error instanceof PermanentError || error instanceof TransientError || error instanceof CallerError
    ? error.code
    : 'unexpected';
