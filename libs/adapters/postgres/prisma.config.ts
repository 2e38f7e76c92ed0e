import { defineConfig } from 'prisma/config';

/** For the command line only (`npm run generate`, `npm run migrate`); the running program gets its address from its settings. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? 'postgresql://offline@127.0.0.1:1/offline' },
});
