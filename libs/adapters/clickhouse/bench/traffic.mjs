import { createHash } from 'node:crypto';

/** Realistic rows of a seeded world: hundreds of consumers of unequal size, Zipf paths with random ids, random request ids. */
export const makeTraffic = ({
  seed = 1,
  consumers = 300,
  startAt = Date.UTC(2026, 0, 5),
  eventsPerSecond = 500,
} = {}) => {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const hex = (n) => {
    let out = '';
    while (out.length < n)
      out += Math.floor(random() * 4294967296)
        .toString(16)
        .padStart(8, '0');
    return out.slice(0, n);
  };
  const uuid = () => hex(32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const zipf = (n, s = 1.1) => {
    const weights = Array.from({ length: n }, (_, i) => 1 / (i + 1) ** s);
    const total = weights.reduce((a, b) => a + b);
    let sum = 0;
    const cumulative = weights.map((w) => (sum += w / total));
    return () => {
      const r = random();
      let low = 0;
      let high = n - 1;
      while (low < high) {
        const mid = (low + high) >> 1;
        if (cumulative[mid] < r) low = mid + 1;
        else high = mid;
      }
      return low;
    };
  };
  const ip = () =>
    `${11 + Math.floor(random() * 180)}.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}.${1 + Math.floor(random() * 254)}`;
  const COUNTRIES = ['NL', 'DE', 'BE', 'GB', 'FR', 'US', 'IE', 'PL'];
  /** Where an address lies: the same whenever it is asked. */
  const placeOf = (address) => {
    const [a, b] = address.split('.').map(Number);
    const n = a * 256 + b;
    return {
      country: COUNTRIES[n % COUNTRIES.length],
      asn: 1_000 + (n % 900),
      network: n % 5 === 0 ? 'hosting' : 'isp',
      location: `${(40 + (n % 200) / 10).toFixed(1)},${((n % 300) / 10).toFixed(1)},20`,
    };
  };
  const agents = Array.from({ length: 60 }, (_, i) => `partner-sdk/${i % 7}.${i % 13} (linux; ${hex(6)})`);
  const people = Array.from({ length: consumers }, (_, i) => ({
    id: uuid(),
    name: `consumer-${i}`,
    customId: `crm-${1000 + i}`,
    credentials: Array.from({ length: 1 + Math.floor(random() * 2) }, () => ({ id: uuid(), fingerprint: hex(16) })),
    ips: Array.from({ length: 1 + Math.floor(random() * 4) }, ip),
    agent: agents[Math.floor(random() * agents.length)],
    stack: hex(16),
    tags: random() < 0.3 ? ['partner'] : [],
  }));
  const services = Array.from({ length: 12 }, (_, i) => ({
    id: uuid(),
    name: `service-${i}`,
    route: uuid(),
    host: `api${i % 3}.example.com`,
  }));
  const endpoints = Array.from({ length: 120 }, (_, i) => ({
    service: services[i % services.length],
    method: ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'][i % 6],
    template:
      i % 3 === 0 ? `/v1/resource-${i}` : i % 3 === 1 ? `/v1/resource-${i}/{id}` : `/v1/resource-${i}/{uuid}/items`,
    bytes: 200 + Math.floor(random() * 20_000),
  }));
  const pickConsumer = zipf(consumers, 0.9);
  const pickEndpoint = zipf(endpoints.length);
  let n = 0;
  const row = () => {
    const at = Math.floor(startAt + (n / eventsPerSecond) * 1000 + random() * 20);
    n++;
    const anonymous = random() < 0.06;
    const who = people[pickConsumer()];
    const credential = who.credentials[Math.floor(random() * who.credentials.length)];
    const e = endpoints[pickEndpoint()];
    const path = e.template.replace('{id}', () => String(Math.floor(random() * 1e6))).replace('{uuid}', uuid);
    const r = random();
    const status = anonymous
      ? 401
      : r < 0.93
        ? e.method === 'POST'
          ? 201
          : 200
        : r < 0.97
          ? 404
          : r < 0.99
            ? 429
            : 502;
    const kong = status === 401 || status === 429;
    const latency = kong ? 1 + Math.floor(random() * 3) : 5 + Math.floor(-Math.log(1 - random()) * 40);
    const kongMs = kong ? latency : Math.floor(random() * 4);
    const address = anonymous ? ip() : who.ips[Math.floor(random() * who.ips.length)];
    const place = placeOf(address);
    const limited = random() < 0.2;
    const query = random() < 0.3 ? `page=int:${1 + Math.floor(random() * 3)}&q=text:${Math.floor(random() * 30)}` : '';
    return JSON.stringify([
      'default',
      'default',
      hex(32),
      1,
      'http',
      at,
      at + latency + 200 + Math.floor(random() * 900),
      anonymous ? '' : who.id,
      anonymous ? '' : who.name,
      anonymous ? '' : who.customId,
      anonymous ? [] : who.tags,
      anonymous ? '' : credential.id,
      anonymous ? '' : credential.fingerprint,
      address,
      e.method,
      e.service.host,
      path,
      e.template,
      query,
      status,
      kong ? 'kong' : 'upstream',
      status === 401 ? 'unauthenticated' : status === 429 ? 'rate-limited' : '',
      300 + Math.floor(random() * 400),
      kong ? 180 : e.bytes + Math.floor(random() * 300),
      latency,
      kongMs,
      kong ? -1 : latency - kongMs,
      kong ? 0 : 1,
      e.service.id,
      e.service.name,
      e.service.route,
      `route-${e.service.name}`,
      anonymous ? agents[0] : who.agent,
      e.method === 'GET' ? '' : 'application/json',
      'application/json; charset=utf-8',
      'TLSv1.3',
      r < 0.001 ? 'sqli:8' : '',
      r < 0.01 ? 'path:email' : '',
      anonymous ? hex(16) : who.stack,
      r < 0.02 ? ip() : '',
      '',
      limited ? 100 : -1,
      limited ? n % 100 : -1,
      place.country,
      place.asn,
      place.network,
      place.location,
      '',
      '',
      kong ? '' : `${e.service.name}.internal:8080`,
    ]);
  };
  return {
    people,
    row,
    block: (size, first) => Array.from({ length: size }, (_, i) => `${row().slice(0, -1)},${first + i},0]`),
    token: (n_) => createHash('sha1').update(String(n_)).digest('hex'),
  };
};
