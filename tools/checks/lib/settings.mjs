// Holds environments of deployments against the schema that the process itself reads them with.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './json-schema.mjs';

/** Set by the image or the platform, not by the schema. */
const NOT_OURS = new Set(['NODE_ENV', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'POD_NAME']);

/** Names that the image's entry point also takes as NAME_FILE. */
export const fileNames = () =>
  new Set(
    /for name in ([A-Z_ ]+);/
      .exec(readFileSync(join(root, 'deploy/docker/entrypoint.sh'), 'utf8'))?.[1]
      ?.trim()
      .split(' ') ?? [],
  );

/** What the image sets for every process. */
export const imageEnvironment = () => {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ');
  const last = text.slice(text.lastIndexOf('\nFROM '));
  return Object.fromEntries(
    [...last.matchAll(/^ENV (.*)$/gm)].flatMap(([, list]) =>
      [...list.matchAll(/(\w+)=(\S+)/g)].map(([, k, v]) => [k, v]),
    ),
  );
};

/** The process's zod schema out of its build. */
export const configOf = async (app) => {
  const file = join(root, 'apps', app, 'dist/config.js');
  if (!existsSync(file)) throw new Error(`apps/${app} is not built: run npm run build`);
  const { Config, StartConfig = Config } = await import(pathToFileURL(file).href);
  if (StartConfig?.safeParse === undefined)
    throw new Error(`apps/${app}/src/config.ts does not export its schema as Config`);
  return StartConfig;
};

/** Problems of `environment` for `app`: names that the schema does not know, values that it refuses, each naming the setting. */
export const checkEnvironment = async (app, environment) => {
  const Config = await configOf(app);
  const known = new Set(Object.keys(Config.shape));
  const problems = Object.keys(environment)
    .filter((name) => !known.has(name) && !NOT_OURS.has(name))
    .map((name) => `${name} is no setting of ${app}`);
  const present = Object.fromEntries(
    Object.entries({ ...imageEnvironment(), ...environment })
      .map(([name, value]) => [name, String(value ?? '')])
      .filter(([, value]) => value !== ''),
  );
  const parsed = Config.safeParse(present);
  for (const issue of parsed.error?.issues ?? [])
    problems.push(`${app}: ${issue.path.join('.') || '(all)'}: ${issue.message}`);
  return problems;
};

/** The process that a command starts; undefined if it is none of ours. */
export const appOf = (command) => /^apps\/([a-z]+)\/dist\/main\.js$/.exec([command ?? []].flat().at(-1) ?? '')?.[1];
