import type { ApiEvent } from '@outrider/domain/traffic/api-event';
import { TermList } from '../../knowledge/term-list.ts';
import { BoundedMap } from '../../windows/bounded-map.ts';

const MAX_AREAS = 5_000;
const MAX_TEMPLATES = 20_000;

/** First words of what only staff may use. */
const STAFF = new Set(['admin', 'admins', 'administration', 'administrator', 'backoffice', 'back-office', 'console', 'management', 'internal', '_internal', 'staff', 'superuser', 'sudo', 'sysadmin', 'operator', 'ops', 'moderation', 'root']); // prettier-ignore

/** The same with something hung on to it (`admin-panel`, `admin_api`, `crm-admin`). */
const STAFF_COMPOUND =
  /^(?:(?:super|sys|web)?admin(?:istration)?|backoffice|back-office)[-_.]?(?:panel|api|ui|portal|console|area|tools?|app|web|svc|service|users?|v\d+)$|[-_.](?:admin|backoffice)$/;

/** A part of an API that is given to people as a whole. */
export class Area {
  /** Callers with credentials that it answered. */
  readonly users = new TermList(64);
  firstAt = Number.POSITIVE_INFINITY;

  constructor(
    readonly name: string,
    readonly admin: boolean,
  ) {}
}

/** Areas: what lies below a word of administration, else the route, else the service. */
export class Areas {
  readonly #areas = new BoundedMap<Area>(MAX_AREAS);
  readonly #byTemplate = new Map<string, Area>();

  of(event: ApiEvent): Area {
    const key = `${event.tenant}|${event.serviceId}|${event.routeId}|${event.pathTemplate}`;
    let area = this.#byTemplate.get(key);
    if (area !== undefined) return area;
    const staff = staffPrefix(event.pathTemplate);
    const name = staff ?? (event.routeName || event.serviceName || event.routeId || event.serviceId);
    const id = `${event.tenant}|${event.serviceId}|${staff === undefined ? event.routeId : staff}`;
    area = this.#areas.getOrMake(id, () => new Area(name, staff !== undefined));
    if (this.#byTemplate.size >= MAX_TEMPLATES) this.#byTemplate.clear();
    this.#byTemplate.set(key, area);
    return area;
  }
}

/** `/api/v2/admin` of `/api/v2/admin/users/{id}`; undefined without such a word before the first parameter. */
const staffPrefix = (template: string): string | undefined => {
  const segments = template.split('/');
  for (let i = 1; i < Math.min(segments.length, 6); i++) {
    const segment = segments[i] ?? '';
    if (segment.startsWith('{')) return undefined;
    const word = segment.toLowerCase().slice(0, 64);
    if (STAFF.has(word) || STAFF_COMPOUND.test(word)) return segments.slice(0, i + 1).join('/');
  }
  return undefined;
};
