import { severalResponders } from './testing/several-responders.suite.ts';

severalResponders('PostgreSQL', async () => ({
  options: (url) => ({ kind: 'postgres', url, poolSize: 2 }),
}));
