import { PostgresLeadership } from '../leadership/postgres-leadership.ts';

// Leads a role until it is killed by the spec; says so.
const [url = '', role = ''] = process.argv.slice(2);
const leadership = new PostgresLeadership({ url });
await leadership.compete(role, {
  lead: (term) => void process.stdout.write(`${term}\n`),
  resign: () => void process.stdout.write('resigned\n'),
});
setInterval(() => undefined, 60_000);
