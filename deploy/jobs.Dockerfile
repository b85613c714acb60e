# The jobs: history, partitions, sessions. Build from the repository's root:
#   docker build --file deploy/jobs.Dockerfile --tag sluice-jobs .

FROM node:24-bookworm-slim AS build
RUN npm install --global pnpm@12.21.0
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/platform packages/platform
COPY prisma prisma
COPY services/jobs services/jobs
# Workspace packages are installed where they lie: Node strips no types under node_modules, so `pnpm deploy` would break them.
RUN --mount=type=cache,target=/root/.local/share/pnpm/store \
    CI=true pnpm install --prod --frozen-lockfile --filter @sluice/jobs...

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    METRICS_HOST=0.0.0.0 \
    METRICS_PORT=9466
WORKDIR /app
COPY --from=build /app ./
USER node
EXPOSE 9466
STOPSIGNAL SIGTERM
# Alive, not ready: a restart brings no database back.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.METRICS_PORT + '/healthz').then((res) => process.exit(res.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "services/jobs/src/main.ts"]
