// Ajv 8, as Fastify brings it (the linter's Ajv 6 lies on top of node_modules and knows no draft 2020-12).
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const ajv8 = createRequire(createRequire(import.meta.url).resolve('@fastify/ajv-compiler'));

/** Compiles a schema; the function that comes back lists what is wrong with a value, each with its place. */
export const compileSchema = (schema) => {
  const dialect = String(schema.$schema ?? '').includes('2020-12') ? 'ajv/dist/2020.js' : 'ajv/dist/ajv.js';
  const { default: Ajv } = ajv8(dialect);
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false });
  const validate = ajv.compile(schema);
  return (value) =>
    validate(value) ? [] : (validate.errors ?? []).map((e) => `${e.instancePath || '/'} ${e.message}`);
};

export const root = fileURLToPath(new URL('../../../', import.meta.url));
