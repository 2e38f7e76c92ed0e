import type * as z from 'zod';
import { PermanentError } from '@outrider/platform/errors';
import {
  GatewayAdmin,
  type GatewayConsumer,
  type GatewayInfo,
  type GatewayMembership,
  type GatewayPlugin,
  type GatewayRoute,
  type GatewayService,
  type NewPlugin,
} from '@outrider/ports/gateway-admin';
import { KongConnection, type KongAnswer, type KongConnectionOptions } from './kong-connection.ts';
import { errorOf } from './kong-errors.ts';
import {
  ConsumerReply,
  InfoReply,
  MembershipReply,
  PageReply,
  PluginReply,
  RouteReply,
  ServiceReply,
} from './kong-replies.ts';

const PAGE_SIZE = 1_000;
/** Pages of one list: a million rows; a list that never ends is not read for ever. */
const MAX_PAGES = 1_000;

/** Kong's Admin API over HTTP. Only GETs are tried twice, and only when the connection broke. */
export class KongAdmin extends GatewayAdmin {
  readonly #connection: KongConnection;

  constructor(options: KongConnectionOptions) {
    super();
    this.#connection = new KongConnection(options);
  }

  async info(): Promise<GatewayInfo> {
    const answer = await this.#get('/');
    if (answer.status !== 200) throw errorOf(answer, 'GET /');
    const { version, edition, configuration } = read(InfoReply, answer.body, 'GET /');
    return {
      version,
      edition: edition ?? (version.split('.').length > 3 ? 'enterprise' : 'community'),
      writable: configuration?.database !== 'off' && configuration?.role !== 'data_plane',
      clockAt: clockOf(answer.date),
    };
  }

  consumer(idOrName: string): Promise<GatewayConsumer | undefined> {
    return this.#one(`/consumers/${encodeURIComponent(idOrName)}`, ConsumerReply);
  }

  plugin(id: string): Promise<GatewayPlugin | undefined> {
    return this.#one(`/plugins/${encodeURIComponent(id)}`, PluginReply);
  }

  async plugins(names?: readonly string[]): Promise<readonly GatewayPlugin[]> {
    const all = await this.#pages('/plugins', PluginReply);
    return names === undefined ? all : all.filter((plugin) => names.includes(plugin.name));
  }

  /** Empty when there is no such consumer. */
  consumerPlugins(consumerId: string): Promise<readonly GatewayPlugin[]> {
    return this.#pages(`/consumers/${encodeURIComponent(consumerId)}/plugins`, PluginReply, 'absent-is-empty');
  }

  async putPlugin(plugin: NewPlugin): Promise<GatewayPlugin> {
    const { id, ...body } = plugin;
    const what = `PUT /plugins/${id}`;
    const answer = await this.#connection.send('PUT', `/plugins/${encodeURIComponent(id)}`, body);
    if (answer.status !== 200 && answer.status !== 201) throw errorOf(answer, what);
    return read(PluginReply, answer.body, what);
  }

  async patchPlugin(id: string, change: Partial<NewPlugin>): Promise<GatewayPlugin | undefined> {
    const what = `PATCH /plugins/${id}`;
    const answer = await this.#connection.send('PATCH', `/plugins/${encodeURIComponent(id)}`, change);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw errorOf(answer, what);
    return read(PluginReply, answer.body, what);
  }

  async deletePlugin(id: string): Promise<void> {
    const answer = await this.#connection.send('DELETE', `/plugins/${encodeURIComponent(id)}`);
    if (answer.status !== 204 && answer.status !== 200 && answer.status !== 404)
      throw errorOf(answer, `DELETE /plugins/${id}`);
  }

  routes(): Promise<readonly GatewayRoute[]> {
    return this.#pages('/routes', RouteReply);
  }

  services(): Promise<readonly GatewayService[]> {
    return this.#pages('/services', ServiceReply);
  }

  eachPlugin(visit: (plugin: GatewayPlugin) => void): Promise<void> {
    return this.#each('/plugins', PluginReply, visit);
  }

  eachMembership(visit: (membership: GatewayMembership) => void): Promise<void> {
    return this.#each('/acls', MembershipReply, visit, 'absent-is-empty');
  }

  taggedPlugins(tag: string): Promise<readonly GatewayPlugin[]> {
    return this.#pages(`/plugins?tags=${encodeURIComponent(tag)}`, PluginReply);
  }

  close(): void {
    this.#connection.close();
  }

  #get(path: string): Promise<KongAnswer> {
    return this.#connection.send('GET', path);
  }

  async #one<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const answer = await this.#get(path);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw errorOf(answer, `GET ${path}`);
    return read(schema, answer.body, `GET ${path}`);
  }

  async #pages<T>(path: string, schema: z.ZodType<T>, absent?: 'absent-is-empty'): Promise<readonly T[]> {
    const rows: T[] = [];
    await this.#each(path, schema, (row) => rows.push(row), absent);
    return rows;
  }

  async #each<T>(
    path: string,
    schema: z.ZodType<T>,
    visit: (row: T) => void,
    absent?: 'absent-is-empty',
  ): Promise<void> {
    let next: string | undefined = `${path}${path.includes('?') ? '&' : '?'}size=${PAGE_SIZE}`;
    for (let page = 0; next !== undefined; page++) {
      if (page >= MAX_PAGES) throw new PermanentError(`GET ${path}: more than ${MAX_PAGES} pages`, 'too-many-pages');
      const answer: KongAnswer = await this.#get(next);
      if (answer.status === 404 && absent && page === 0) return;
      if (answer.status !== 200) throw errorOf(answer, `GET ${path}`);
      const reply: z.infer<typeof PageReply> = read(PageReply, answer.body, `GET ${path}`);
      for (const row of reply.data) visit(read(schema, row, `GET ${path}`));
      next = followed(path, reply.next);
    }
  }
}

/** `next` is a path, in Enterprise with the workspace in front: only its offset is taken, so that it cannot lead elsewhere. */
const followed = (path: string, next: string | null | undefined): string | undefined => {
  if (!next) return undefined;
  const offset = new URLSearchParams(next.slice(next.indexOf('?') + 1)).get('offset');
  if (offset === null) return undefined;
  return `${path}${path.includes('?') ? '&' : '?'}size=${PAGE_SIZE}&offset=${encodeURIComponent(offset)}`;
};

const read = <T>(schema: z.ZodType<T>, body: unknown, what: string): T => {
  const parsed = schema.safeParse(body, { reportInput: false });
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new PermanentError(
    `${what}: Kong's answer is not understood${where === '' ? '' : ` at ${where}`}`,
    'bad-answer',
  );
};

const clockOf = (date: string | undefined): number | undefined => {
  const at = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(at) ? undefined : at;
};
