import { randomUUID } from 'node:crypto';
import { StandardSchemaValidationPipe } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { Metrics } from '@outrider/platform/metrics';
import type { Logger } from '@outrider/platform/logger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Authenticator } from '../access/authenticator.ts';
import { callerOf, identify, requireCaller } from '../access/caller.ts';
import { LOGGER, SERVE_OPTIONS, type ServeOptions } from '../serve-options.ts';
import { AnswerTimeout } from './answer-timeout.ts';
import { HTTP_LIMITS } from './http-limits.ts';
import { KnownRoutes } from './known-routes.ts';
import { openApiDocument } from './open-api.ts';
import { answerTo, InvalidInput } from './problem.ts';
import { ProblemFilter, sendProblem } from './problem.filter.ts';

/** The Fastify adapter with our bounds. `trustProxy`: addresses of proxies whose X-Forwarded-For names the caller. */
export const createHttpAdapter = (options: { readonly trustProxy?: string | readonly string[] } = {}): FastifyAdapter =>
  new FastifyAdapter({
    bodyLimit: HTTP_LIMITS.bodyBytes,
    requestTimeout: HTTP_LIMITS.requestTimeoutMs,
    keepAliveTimeout: HTTP_LIMITS.keepAliveMs,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    // A malformed URL or an over-long parameter is refused before routing, hence before every hook.
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      void sendProblem(answerTo(error), request, reply.headers(securityHeaders(request)));
    },
    ...(options.trustProxy === undefined
      ? {}
      : { trustProxy: typeof options.trustProxy === 'string' ? options.trustProxy : [...options.trustProxy] }),
    routerOptions: { maxParamLength: HTTP_LIMITS.paramChars },
  });

/**
 * Everything around the controllers: to be called once, after the app was created (with `createHttpAdapter`) and before it is
 * initialised. Without it no request is authenticated, hence every route but the public ones answers 401.
 */
export const configureHttp = (app: NestFastifyApplication): void => {
  const options = app.get<ServeOptions>(SERVE_OPTIONS, { strict: false });
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  // Also for an adapter that was made without `createHttpAdapter`.
  fastify.setGenReqId(() => randomUUID());
  fastify.server.requestTimeout = HTTP_LIMITS.requestTimeoutMs;
  fastify.server.keepAliveTimeout = HTTP_LIMITS.keepAliveMs;
  const routes = new KnownRoutes();
  const filter = new ProblemFilter(app.get<Logger>(LOGGER, { strict: false }), (url) => routes.methodsOf(url));
  fastify.addHook('onRoute', (route) => {
    routes.add(route.url, [route.method].flat());
    route.bodyLimit ??= HTTP_LIMITS.bodyBytes;
  });
  addSecurityHeaders(fastify);
  addMeasurement(fastify, app.get(Metrics, { strict: false }));
  addAuthentication(fastify, app.get(Authenticator, { strict: false }), filter);
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(filter);
  app.useGlobalInterceptors(new AnswerTimeout(HTTP_LIMITS.answerTimeoutMs));
  SwaggerModule.setup('docs', app, () => openApiDocument(app, options.version), {
    jsonDocumentUrl: 'v1/openapi.json',
    raw: ['json'],
    customSiteTitle: 'Outrider API',
  });
};

const validationPipe = () =>
  new StandardSchemaValidationPipe({
    exceptionFactory: (issues) =>
      new InvalidInput(
        issues.map((issue) => ({
          path: (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
          message: issue.message,
        })),
      ),
  });

const API_POLICY = "default-src 'none'; frame-ancestors 'none'";
/** The documentation page loads its own scripts, and sets styles. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

const securityHeaders = (request: FastifyRequest): Record<string, string> => ({
  'x-request-id': request.id,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
  'content-security-policy': request.url === '/docs' || request.url.startsWith('/docs/') ? DOCS_POLICY : API_POLICY,
});

const addSecurityHeaders = (fastify: FastifyInstance): void => {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(securityHeaders(request));
    done();
  });
};

const addMeasurement = (fastify: FastifyInstance, metrics: Metrics): void => {
  const seconds = metrics.histogram('outrider_serve_request_seconds', 'Time to answer, by route, method and status', [
    'route',
    'method',
    'status',
  ]);
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    seconds(
      { route, method: request.is404 ? 'any' : request.method, status: String(reply.statusCode) },
      reply.elapsedTime / 1_000,
    );
    done();
  });
};

/**
 * Runs before a body is read: a caller who is not known has no body parsed. Public routes are all GET, and the guard decides there.
 */
const addAuthentication = (fastify: FastifyInstance, authenticator: Authenticator, filter: ProblemFilter): void => {
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      identify(request, { principal: await authenticator.authenticate(request.headers.authorization, request.ip) });
    } catch (failure) {
      identify(request, { failure });
    }
    if (request.is404 || callerOf(request) || request.method === 'GET' || request.method === 'HEAD') return;
    try {
      requireCaller(request);
    } catch (failure) {
      filter.send(failure, request, reply);
    }
  });
};
