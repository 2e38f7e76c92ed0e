import { describe, expect, it } from '@jest/globals';
import { anonymousAt, findingsOf, MINUTE, START } from '../../objects/testing/object-traffic.ts';
import { PRIVILEGED_PATH_PROBING } from './privileged-path-probing.definition.ts';
import { privilegeOf } from './privileged-path-probing.detector.ts';

const tries = (paths: readonly string[], everyMs = 20_000, status = 404, responseContentType = 'application/json') =>
  paths.map((path, i) => anonymousAt(START + i * everyMs, { path, pathTemplate: path, status, responseContentType }));
const found = (events: Parameters<typeof findingsOf>[1]) => findingsOf(PRIVILEGED_PATH_PROBING, events);

describe('privileged-path-probing', () => {
  it.each<[string, string]>([
    ['/actuator/env', 'diagnostics'],
    ['/api/actuator/health', 'privileged'],
    ['/api/v1/.git/config', 'secret'],
    ['/ADMIN', 'privileged'],
    ['/v2/api-docs', 'description'],
    ['/accounts/{id}/settings', 'none'],
    ['/accounts/{id}/devices/{id}/metrics', 'none'],
    ['/orders/{id}', 'none'],
    ['/backup/config', 'ordinary'],
    ['/backup/.git', 'secret'],
    ['/system/console', 'privileged'],
  ])('takes %s for %s', (path, expected) => {
    expect(privilegeOf(path)).toBe(expected);
  });

  it('tells three different places within ten minutes', () => {
    expect(found(tries(['/actuator/env', '/admin', '/.env']))).toHaveLength(1);
  });

  it('tells one answer of diagnostics that give secrets away to a stranger, not to a monitor inside or with a credential', () => {
    const [read] = tries(['/api/actuator/env'], 1, 200);
    expect(read && found([read])[0]).toMatchObject({ severity: 'high' });
    expect(read && found([{ ...read, clientIp: '10.2.0.7' }])).toEqual([]);
    expect(read && found([{ ...read, credentialId: 'k', consumerId: 'k' }])).toEqual([]);
    expect(found(tries(['/api/actuator/health', '/api/actuator/prometheus'], 60_000, 200))).toEqual([]);
  });

  it("tells the names of Kong's Admin API where no route is, and lets an API have services and routes of its own", () => {
    const names = tries(['/services', '/routes', '/consumers']);
    expect(found(names.map((event) => ({ ...event, routeId: '', routeName: '', serviceId: '', serviceName: '' })))).toHaveLength(1); // prettier-ignore
    expect(found(names)).toEqual([]);
  });

  it('is silent on one bookmark, on a monitor with two dead places, and on who looks for the manual', () => {
    expect(found(tries(Array.from({ length: 40 }, () => '/admin')))).toEqual([]);
    expect(found(tries(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? '/metrics' : '/server-status'))))).toEqual(
      [],
    );
    expect(found(tries(['/swagger', '/swagger-ui.html', '/openapi.json', '/api-docs', '/redoc']))).toEqual([]);
  });

  it('is silent on a backup client that looks for its repository, and tells the same places next to a console, or many of them', () => {
    const unrouted = (paths: readonly string[], everyMs = 100) =>
      tries(paths, everyMs).map((event) => ({ ...event, routeId: '', routeName: '', serviceId: '', serviceName: '' }));
    const restic = ['/config', '/keys/', '/backup/config', '/backup', '/backup/keys/'];
    expect(found(unrouted(restic))).toEqual([]);
    expect(found(unrouted([...restic, '/openapi.json', '/swagger.json']))).toEqual([]);
    expect(found(unrouted(['/config', '/backup', '/phpmyadmin']))).toHaveLength(1);
    expect(found(unrouted(['/phpmyadmin', '/config', '/backup']))).toHaveLength(1);
    const many = ['/config', '/backup', '/system', '/metrics', '/vault', '/credentials'];
    expect(found(unrouted(many.slice(0, 5)))).toEqual([]);
    expect(found(unrouted(many))).toHaveLength(1);
  });

  it('is silent on places that are part of the API', () => {
    const paths = ['/admin/users', '/admin/roles', '/admin/jobs', '/admin/audit'];
    const used = tries(paths, 1_000, 200);
    const expired = paths.map((path, i) => anonymousAt(START + MINUTE + i * 1_000, { path, pathTemplate: path, status: 401 })); // prettier-ignore
    expect(found([...used, ...expired])).toEqual([]);
  });

  it('tells a secret file that is answered at once, and not the start page of an application', () => {
    expect(found(tries(['/.git/config'], 1, 200, 'text/plain'))[0]).toMatchObject({ severity: 'high' });
    expect(found(tries(['/.git/config'], 1, 200, 'text/html; charset=utf-8'))).toEqual([]);
  });
});
