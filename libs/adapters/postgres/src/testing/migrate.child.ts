import { migrateDeploy } from '../migrate-deploy.ts';

// One of several processes that start at once on an empty database.
const [url = ''] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await migrateDeploy(url))}\n`);
