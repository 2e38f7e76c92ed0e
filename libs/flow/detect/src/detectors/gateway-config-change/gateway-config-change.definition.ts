import { defineDetector } from '../../engine/detector.ts';
import { GATEWAY_CONFIG_CHANGE, GATEWAY_CONFIG_CHANGE_VERSION } from '../../gateway-watch/config-finding.ts';
import { GatewayConfigChangeSettings } from './gateway-config-change.settings.ts';

/** No watcher: what it is about stands in Kong's configuration, which gateway-watch looks at, and in no event. */
export const gatewayConfigChange = defineDetector({
  type: GATEWAY_CONFIG_CHANGE,
  version: GATEWAY_CONFIG_CHANGE_VERSION,
  scope: 'estate',
  settings: GatewayConfigChangeSettings,
  page: {
    title: 'Gateway configuration change',
    summary: "Somebody made the gateway's protection or its logging weaker.",
    method:
      "Plugins, services and routes of each Kong whose Admin API is configured (`KONG_ADMIN_URL`; a token that may read is enough), every 15 seconds and against the last look, which is kept in PostgreSQL, so that what is changed while Outrider is away is seen at its start. Only whole looks are compared: a Kong that is away, fails half-way or waits without its configuration says nothing, and what looks weaker is looked at again 5 seconds later. Judged is what Kong would apply, by its order of precedence: authentication that is removed, disabled, narrowed, moved away from or opened by `anonymous`, where a route is less closed than before (another plugin in its place, or the usual anonymous consumer that is turned away, is as good); `acl` and `ip-restriction` that are gone or let in more; loggers that are gone, write elsewhere, or are shadowed by a further one of the same name on a route, service or consumer; rate limits that are gone or ten times as high; certificates that are verified no more; Lua in `pre-function`, `post-function` or `custom_fields_by_lua`, and other functions, new or changed; consumers that join an ACL group with an administrator's name; services and routes that lead to the gateway's own Admin or status ports on its loopback address; and blocks and limits of Outrider's own that somebody else took out. What Outrider does and undoes itself is never told. Changes of one entity within an hour are one alert that lists them. The Admin API does not say who did it. Not seen: targets of Kong's upstreams, plugins of consumer groups (Enterprise), and what is changed and changed back between two looks.",
    owasp: ['API8:2023'],
    attack: ['T1562', 'T1556', 'T1098'],
    severity: {
      low: "a customer's own rate limit, a sender of metrics",
      medium: 'a longer allow list, a shorter deny list, a rate limit, verification off, a new administrator',
      high: "authentication, a restriction, a logger or a block of Outrider's is gone; code; an open way to the Admin API; or a lesser change, and anonymous access or function-level abuse follows within an hour",
      critical:
        'a grave change, and anonymous access or function-level abuse on the same service or route within an hour',
    },
    falsePositives: [
      'an announced change of the gateway',
      'a migration that removes first and adds minutes later',
      'a further logger on a route, on purpose: say so with an exception on the route',
    ],
    tuning: [
      'announce a deployment: `outrider exceptions add --type gateway-config-change --entity gateway:default --reason "release 42" --until +2h` (docs/tuning.md)',
      'except a route, a service or a consumer whose plugins change by design',
      'add the names of your own administrators’ groups to `adminGroupWords`',
    ],
    scenarios: {
      lab: 'gateway',
      positive: [
        'key-auth-deleted',
        'key-auth-disabled',
        'anonymous-set',
        'acl-widened',
        'address-allowed',
        'global-log-removed',
        'log-shadowed',
        'log-redirected',
        'verification-off',
        'admin-group-joined',
        'code-added',
        'limit-raised',
        'admin-api-routed',
        'block-deleted-by-hand',
      ],
      negative: [
        'tag-edited',
        'route-renamed',
        'service-added',
        'array-reordered',
        'key-auth-replaced',
        'key-auth-moved-up',
        'route-removed',
        'block-put-and-released',
      ],
    },
  },
});
