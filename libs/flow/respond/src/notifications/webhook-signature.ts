import { createHmac } from 'node:crypto';

/** Standard Webhooks: `v1,<base64 of HMAC-SHA256 over id.timestamp.body>`, one for each secret. `timestamp` is in seconds. */
export const signatureOf = (secrets: readonly Buffer[], id: string, timestamp: number, body: string): string =>
  secrets
    .map((secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`)
    .join(' ');
