/**
 * Places that administer, debug or describe a system, and files that hold its secrets, as scanners ask for them. Lower case. Whole segments.
 */
export const PRIVILEGED_SEGMENTS: ReadonlySet<string> = new Set([
  // consoles and panels
  'admin', 'administrator', 'administration', 'admin-console', 'adminer', 'adminer.php', 'admin.php', 'wp-admin', 'wp-login.php', 'phpmyadmin', 'pma', 'myadmin',
  'mysqladmin', 'cpanel', 'webadmin', 'sysadmin', 'superadmin', 'rootadmin', 'siteadmin', 'useradmin', 'backoffice', 'back-office', 'console', 'h2-console', 'web-console',
  'jmx-console', 'admin-ui', 'adminpanel', 'admin_panel', 'controlpanel', 'control-panel', 'management', 'manage', 'manager', 'host-manager', 'jenkins', 'hudson', 'solr',
  'druid', 'nacos', 'kibana', 'grafana', 'prometheus', 'rabbitmq', 'consul', 'vault', 'airflow', 'jupyter', 'rundeck', 'sonarqube', 'nexus', 'argocd', 'portainer', 'haproxy',
  'geoserver', 'weblogic', 'websphere', 'invoker', 'axis2', 'struts', 'telescope', 'horizon', 'sidekiq', 'resque', 'hangfire', 'bull-board', 'flower', 'rails', '_ignition',
  'elmah.axd', 'trace.axd', 'glimpse.axd', 'umbraco', 'sitecore', 'typo3', 'laravel', 'minio', 'keycloak', 'kong-admin', 'kong_admin', 'kongadmin', 'konga', 'admin-api',
  // actuators, diagnostics
  'actuator', 'actuators', 'heapdump', 'threaddump', 'dump', 'env', 'beans', 'mappings', 'configprops', 'autoconfig', 'loggers', 'logfile', 'jolokia', 'hawtio', 'trace',
  'httptrace', 'gateway-routes', 'metrics', 'pprof', 'debug', '_debug', '__debug__', 'debugbar', '_debugbar', '_profiler', 'profiler', 'vars', 'expvar', 'server-status', 'server-info', 'status.php',
  'phpinfo', 'phpinfo.php', 'info.php', 'test.php', 'nginx_status', 'stub_status', 'fpm-status', 'varz', 'statusz', 'configz', 'flagz', 'rpcz', '_cat', '_cluster', '_nodes',
  '_search', '_all_dbs', '_config', '_utils', '_settings',
  // internal
  'internal', '_internal', 'internals', 'private', '_private', 'intranet', 'staff', 'superuser', 'root', 'sudo', 'impersonate', 'debug-api', 'internal-api', 'system', 'sys',
  // files with secrets, leftovers
  '.env', '.env.local', '.env.dev', '.env.production', '.env.prod', '.env.bak', '.env.example', '.git', '.gitignore', '.gitconfig', '.svn', '.hg', '.bzr', '.ds_store',
  '.htaccess', '.htpasswd', '.aws', '.ssh', '.docker', '.kube', '.npmrc', '.pypirc', '.netrc', '.vscode', '.idea', '.terraform', 'terraform.tfstate', 'id_rsa', 'id_dsa',
  'id_ed25519', 'credentials', 'credentials.json', 'secrets', 'secrets.json', 'secrets.yml', 'config.json', 'config.yml', 'config.yaml', 'config.php', 'config.php.bak',
  'web.config', 'appsettings.json', 'application.yml', 'application.properties', 'bootstrap.yml', 'settings.py', 'database.yml', 'docker-compose.yml', 'docker-compose.yaml',
  'dockerfile', 'kubeconfig', 'package.json', 'composer.json', 'backup', 'backups', 'backup.zip', 'backup.sql', 'backup.tar.gz', 'dump.sql', 'db.sql', 'database.sql', 'site.zip',
  'www.zip', 'wwwroot.zip', 'cgi-bin', 'xmlrpc.php', 'eval-stdin.php', 'server.key', 'private.key', 'firebase.json', 'serviceaccountkey.json', 'shell.php', 'cmd.php',
]); // prettier-ignore

/** What Kong's Admin API calls its own: told by these words alone where no route is, since an API may well sell services or plan routes. */
export const GATEWAY_SEGMENTS: ReadonlySet<string> = new Set([
  'services', 'routes', 'consumers', 'plugins', 'upstreams', 'key-auths', 'basic-auths', 'hmac-auths', 'jwts', 'acls', 'oauth2', 'snis', 'certificates', 'ca_certificates',
  'consumer_groups', 'vaults', 'workspaces', 'rbac', 'licenses', 'clustering', 'config',
]); // prettier-ignore

/** Descriptions of APIs. */
export const DESCRIPTION_SEGMENTS: ReadonlySet<string> = new Set([
  'swagger', 'swagger-ui', 'swagger-ui.html', 'swagger.json', 'swagger.yaml', 'swagger.yml', 'swagger-resources', 'api-docs', 'apidocs', 'openapi', 'openapi.json',
  'openapi.yaml', 'openapi.yml', 'redoc', 'graphiql', 'graphql-playground', 'playground', 'altair', 'voyager', 'wsdl', 'application.wadl', 'schema.json', 'asyncapi.json',
]); // prettier-ignore

/** Of them, those that nobody but a scanner or an intruder asks for: one answer with content is a leak. */
export const SECRET_SEGMENTS: ReadonlySet<string> = new Set([
  '.env', '.env.local', '.env.dev', '.env.production', '.env.prod', '.env.bak', '.git', '.svn', '.hg', '.htpasswd', '.aws', '.ssh', '.kube', '.npmrc', '.netrc', 'heapdump',
  'id_rsa', 'id_dsa', 'id_ed25519', 'terraform.tfstate', 'credentials.json', 'secrets.json', 'secrets.yml', 'backup.sql', 'dump.sql', 'db.sql', 'database.sql', 'server.key',
  'private.key', 'serviceaccountkey.json', 'eval-stdin.php', 'kubeconfig', 'web.config', 'appsettings.json', 'config.php.bak',
]); // prettier-ignore

/** Words that are everyday below an API's own resources (`/accounts/7/settings`): they count as the first or second segment only. */
export const EVERYDAY_DEEPER: ReadonlySet<string> = new Set([
  'manage', 'manager', 'management', 'private', 'internal', 'system', 'status.php', 'metrics', 'env', 'trace', 'dump', 'vars', 'staff', 'root', 'credentials', 'secrets',
  'backup', 'backups', 'console', 'loggers', 'mappings', 'debug', 'schema.json', 'package.json', 'openapi', 'playground', 'info.php', 'flower', 'horizon', 'nexus', 'vault',
  'consul', 'rails', 'voyager', 'admin', 'config.json', 'dockerfile', 'composer.json', '_search', '_settings', '_config', 'impersonate', 'sys',
]); // prettier-ignore

/** Of the words above, those that honest clients ask for too: backup programs, package managers, agents. A few of them alone are no search. */
export const ORDINARY_SEGMENTS: ReadonlySet<string> = new Set([
  'config', 'config.json', 'backup', 'backups', 'system', 'sys', 'metrics', 'certificates', 'licenses', 'workspaces', 'vaults', 'vault', 'oauth2', 'credentials',
  'package.json', 'composer.json', 'dockerfile',
]); // prettier-ignore

/** Below `actuator`: what gives away passwords and memory. Monitors ask for the others. */
export const SECRET_ACTUATORS: ReadonlySet<string> = new Set(['env', 'configprops', 'threaddump', 'heapdump', 'jolokia', 'httptrace', 'httpexchanges', 'dump']); // prettier-ignore
