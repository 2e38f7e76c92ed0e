# syntax=docker/dockerfile:1.7
# One image for all processes; the command says which: node apps/{collector,analyzer,responder,api}/dist/main.js
ARG NODE_IMAGE=node:20.20.2-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY . .
# Installs what package-lock.json names, generates the database client, compiles. Install scripts run only where package.json allows them.
RUN --mount=type=cache,target=/root/.npm node tools/setup.mjs
RUN node deploy/docker/lay-out.mjs /outrider

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    LOG_FORMAT=json \
    LISTEN_HOST=0.0.0.0 \
    HEALTH_PORT=7501 \
    OUTRIDER_DATA=/var/lib/outrider
WORKDIR /srv/outrider
# What the process writes: only the keys that it makes for itself, if none are given. A fresh volume takes over this owner.
RUN install -d -o node -g node -m 0700 /var/lib/outrider
COPY --from=build /outrider ./
COPY deploy/docker/entrypoint.sh /usr/local/bin/outrider-entrypoint
# By number, so that Kubernetes can see that it is not root (1000 is `node`).
USER 1000:1000
EXPOSE 7500 7501 7514 7515
STOPSIGNAL SIGTERM
# Every process answers here; an orderly stop takes up to 25 s, so give it 30 (docker stop --time, stop_grace_period).
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HEALTH_PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["outrider-entrypoint"]
CMD ["node", "apps/api/dist/main.js"]
