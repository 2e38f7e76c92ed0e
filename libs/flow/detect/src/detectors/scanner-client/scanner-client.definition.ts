import { defineDetector } from '../../engine/detector.ts';
import { SCANNER_CLIENT_VERSION } from './scanner-client.detector.ts';
import { ScannerClientSettings } from './scanner-client.settings.ts';
import { ScannerClientWatcher } from './scanner-client.watcher.ts';

export const scannerClient = defineDetector({
  type: 'scanner-client',
  version: SCANNER_CLIENT_VERSION,
  scope: 'caller',
  settings: ScannerClientSettings,
  make: (deps) => new ScannerClientWatcher(deps),
  page: {
    title: 'Scanner client',
    summary:
      'A client calls itself a tool for scanning or attacks, or an address without a credential names no client at all.',
    method:
      'The user agent against a list of tools by purpose: 2 different paths (the start page, robots.txt and kin left out) or 20 requests within a day; surveys of the internet 5 paths or 50 requests; an address without credential and user agent 8 paths and 20 requests within an hour (redirects left out: mail servers look where links lead), unless several such addresses are ordinary here (devices; whoever finds nearly all that it asks for). A consumer that has used the tool for days tests itself. A tool is also known by paths that only it asks for, to learn how a host refuses (`/nice ports,/Trinity.txt.bak` of nmap, `/randomfile1` of dirb), whatever it calls itself: one is enough. Libraries, curl and headless browsers are no tools of attack.',
    owasp: ['API8:2023'],
    attack: ['T1595.002'],
    severity: {
      low: 'surveys of the internet; no user agent',
      medium: 'a tool for attacks',
      high: 'with a credential, or many requests of which some were answered',
    },
    falsePositives: ['your own security test', 'a device that sends no user agent'],
    tuning: ['except the address of your own scanner', 'raise `namelessPaths` where devices send no user agent'],
    scenarios: { positive: ['scanner-client'], negative: ['monitoring', 'crawler'] },
  },
});
