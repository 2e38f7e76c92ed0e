import { pathTemplate } from '@outrider/domain/traffic/path-template';
import type { CredentialNames } from './secret-names.ts';
import { redactText } from './secret-text.ts';

/** Characters of a kept path; longer ones are cut and marked. */
const MAX_PATH = 1_024;
/** Characters that are looked at; beyond nothing is kept. */
const MAX_READ = 4_096;

export interface RequestPath {
  readonly path: string;
  readonly template: string;
}

/** `raw` is what stands before the `?`: usually a path, after a proxy request a whole URL (with its user and password). */
export const requestPath = (raw: string, names: CredentialNames): RequestPath => {
  const local = withoutAuthority(raw.length > MAX_READ ? raw.slice(0, MAX_READ) : raw);
  const redacted = redactText(local, names);
  const path = redacted.length > MAX_PATH ? `${redacted.slice(0, MAX_PATH)}…` : redacted;
  return { path, template: pathTemplate(path) };
};

const withoutAuthority = (raw: string): string => {
  if (raw.charCodeAt(0) === 47) return raw;
  const scheme = raw.indexOf('://');
  if (scheme === -1 || scheme > 10) return raw;
  const slash = raw.indexOf('/', scheme + 3);
  return slash === -1 ? '/' : raw.slice(slash);
};
