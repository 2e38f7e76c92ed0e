// What stands behind Kong in the demo: a list of orders and the orders themselves. No packages needed.
import { createServer } from 'node:http';

const ORDERS = 500;

createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://demo');
  const answer = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  };
  if (pathname === '/health') return answer(200, { ok: true });
  if (pathname === '/orders')
    return answer(200, { orders: Array.from({ length: 20 }, (_, i) => ({ id: i + 1, path: `/orders/${i + 1}` })) });
  const id = Number(/^\/orders\/(\d+)$/.exec(pathname)?.[1] ?? 0);
  if (id >= 1 && id <= ORDERS) return answer(200, { id, total: (id * 37) % 1000, currency: 'EUR' });
  return answer(404, { message: 'no such order' });
}).listen(8080, () => console.log('demo upstream listens on 8080'));
