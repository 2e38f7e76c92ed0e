import type { GraphqlAbuseSettings } from './graphql-abuse.settings.ts';

export const GRAPHQL_ABUSE_VERSION = '2';

const QUERY = /(?:^|&)query=[a-z]{1,8}:(\d{1,7})(?=&|$)/;
/** Clients that people use send these beside a query; scripts do not. */
const CLIENT = /(?:^|&)(?:variables|extensions)=/;
/** `IntrospectionQuery` has 18 letters. */
const INTROSPECTION = /(?:^|&)operationName=word:18(?=&|$)/;

/** What collect calls a query with `__schema` or `__type` in it. */
const SCHEMA = /(?:^|&)query=schema:/;

/** It asks for the schema in so many words, whatever else is sent beside it. */
export const asksForSchema = (outline: string): boolean => SCHEMA.test(outline);

export const isGraphql = (template: string): boolean =>
  template.charCodeAt(template.length - 1) === 108 &&
  (template.endsWith('/graphql') || template.endsWith('/gql') || template.endsWith('/graphiql'));

/** What a request with this query outline and answer is. */
export const kindOfQuery = (
  outline: string,
  answerBytes: number,
  s: GraphqlAbuseSettings,
): 'introspection' | 'huge' | undefined => {
  const chars = Number(QUERY.exec(outline)?.[1] ?? 0);
  if (chars === 0) return undefined;
  const named = INTROSPECTION.test(outline);
  if (!named && CLIENT.test(outline)) return undefined;
  if (chars >= s.hugeQueryChars) return named ? 'introspection' : 'huge';
  return chars >= s.minQueryChars && (named || answerBytes >= s.minAnswerBytes) ? 'introspection' : undefined;
};
