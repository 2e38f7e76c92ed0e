import type { World } from './world.ts';

/** What the estate's owners have written down of their API. */
export const documentOf = (world: World): object => {
  const paths: Record<string, object> = {};
  const has = (path: string, ...methods: string[]): void => {
    paths[path] = Object.fromEntries(
      methods.map((method) => [method, { responses: { '200': { description: 'ok' } } }]),
    );
  };
  for (const resource of [...world.resources, world.users, world.products]) {
    has(resource.base, 'get', 'post');
    has(`${resource.base}/{id}`, 'get', 'put', 'patch', 'delete', 'post');
    for (const sub of resource.subs) has(`${resource.base}/{id}/${sub}`, 'get', 'post', 'put', 'patch');
  }
  has(`${world.users.base}/{id}/export`, 'get');
  has(`${world.routes.core.paths[0]}/recommendations/{id}`, 'get');
  for (const path of [world.loginPath, world.tokenPath, world.otpPath]) has(path, 'post');
  for (const step of ['cart', 'address', 'shipping', 'payment', 'confirm']) has(`${world.routes.checkout.paths[0]}/${step}`, 'get', 'post'); // prettier-ignore
  for (const page of ['users', 'settings', 'reports', 'audit', 'roles', 'jobs']) {
    has(`${world.routes.admin.paths[0]}/${page}`, 'get', 'post', 'put', 'patch');
    has(`${world.routes.admin.paths[0]}/${page}/{id}`, 'get', 'post', 'put', 'patch');
  }
  has(`${world.routes.exports.paths[0]}/{id}/download`, 'get');
  has(world.routes.uploads.paths[0] ?? '/files', 'post');
  has(`${world.routes.uploads.paths[0]}/{id}`, 'get');
  has(`${world.routes.catalogue.paths[0]}/health`, 'get');
  has('/search', 'get');
  return {
    openapi: '3.0.3',
    info: { title: world.trade.name, version: '1' },
    servers: [{ url: `https://${world.host}` }],
    paths,
  };
};
