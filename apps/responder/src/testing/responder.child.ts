import { ResponderStack } from './responder-stack.ts';

// A responder that the spec kills at a chosen moment.
const [databaseUrl = '', adminUrl = '', redisUrl = '', prefix = ''] = process.argv.slice(2);
const jobs =
  redisUrl === ''
    ? ({ kind: 'postgres', url: databaseUrl, poolSize: 2 } as const)
    : ({ kind: 'redis', url: redisUrl, prefix } as const);
await new ResponderStack({ databaseUrl, adminUrl, jobs, lockMs: 1_000 }).start();
process.stdout.write('ready\n');
