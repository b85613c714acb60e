# The OpenAI-compatible gateway. Build from the repository's root:
#   docker build --file deploy/gateway.Dockerfile --tag sluice-gateway .

FROM node:24-bookworm-slim AS build
RUN npm install --global pnpm@12.21.0
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/platform packages/platform
COPY proto proto
COPY prisma prisma
COPY services/gateway services/gateway
# Workspace packages are installed where they lie: Node strips no types under node_modules, so `pnpm deploy` would break them.
RUN --mount=type=cache,target=/root/.local/share/pnpm/store \
    CI=true pnpm install --prod --frozen-lockfile --filter @sluice/gateway...

FROM node:24-bookworm-slim
# History waits here while Redis is away: the only folder that the service writes to.
RUN install --directory --owner=node --group=node --mode=0700 /spool
# A container's own loopback is no use to anybody, so both servers listen on all its interfaces.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    METRICS_HOST=0.0.0.0 \
    METRICS_PORT=9464 \
    SPOOL_FOLDER=/spool
WORKDIR /app
COPY --from=build /app ./
USER node
VOLUME /spool
EXPOSE 8080 9464
STOPSIGNAL SIGTERM
# Alive, not ready: an orchestrator must not restart a gateway because its workers are still loading.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then((res) => process.exit(res.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "services/gateway/src/main.ts"]
