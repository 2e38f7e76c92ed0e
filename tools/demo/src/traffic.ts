import { Agent, request } from 'node:http';

/** A consumer living its normal life: a few requests a second at most, on the endpoints that it always uses. */
export interface Habit {
  readonly consumer: string;
  /** Requests a second, on average. */
  readonly rate: number;
  readonly address: string;
  readonly paths: readonly string[];
}

const PATHS = [
  '/api/orders',
  '/api/orders/{}',
  '/api/customers/{}',
  '/api/products?page={}',
  '/api/stock/{}',
  '/api/invoices/{}',
];

export const habitsOf = (consumers: readonly string[]): Habit[] =>
  consumers.map((consumer, i) => ({
    consumer,
    rate: 0.4 + ((i * 7) % 12) / 8,
    address: `203.0.113.${10 + i}`,
    paths: [PATHS[i % PATHS.length] ?? '/api/orders', PATHS[(i + 2) % PATHS.length] ?? '/api/orders'],
  }));

const AGENT = new Agent({ keepAlive: true, maxSockets: 64 });

/** One call through the proxy; the status, or 0 when there was no answer. */
export const call = (proxyUrl: string, habit: Habit, path: string): Promise<number> =>
  new Promise((resolve) => {
    const sent = request(
      proxyUrl + path,
      {
        agent: AGENT,
        headers: {
          apikey: `key-${habit.consumer}`,
          'x-forwarded-for': habit.address,
          'user-agent': `${habit.consumer}/2.4`,
        },
      },
      (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      },
    );
    sent.once('error', () => resolve(0)).end();
  });

const pathOf = (habit: Habit): string => {
  const template = habit.paths[Math.floor(Math.random() * habit.paths.length)] ?? '/api/orders';
  return template.replace('{}', String(1 + Math.floor(Math.random() * 5_000)));
};

export interface Running {
  readonly statuses: ReadonlyMap<number, number>;
  stop(): void;
}

/** Keeps a consumer's requests coming, at random moments with its rate, until stopped. */
export const live = (proxyUrl: string, habit: Habit): Running => {
  const statuses = new Map<number, number>();
  let timer: NodeJS.Timeout | undefined;
  const next = (): void => {
    timer = setTimeout(
      () => {
        void call(proxyUrl, habit, pathOf(habit)).then((status) =>
          statuses.set(status, (statuses.get(status) ?? 0) + 1),
        );
        next();
      },
      (-Math.log(1 - Math.random()) / habit.rate) * 1000,
    );
  };
  next();
  return { statuses, stop: () => clearTimeout(timer) };
};

/** `for i in $(seq 100000); do curl …; done`, eight at a time: what a broken client or a thief of a key does. */
export const loop = (proxyUrl: string, habit: Habit, onStatus: (status: number) => void): Running => {
  const statuses = new Map<number, number>();
  let going = true;
  const worker = async (): Promise<void> => {
    while (going) {
      const status = await call(proxyUrl, habit, '/api/orders/1');
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      onStatus(status);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  for (let i = 0; i < 8; i++) void worker();
  return {
    statuses,
    stop: () => {
      going = false;
    },
  };
};
