# A job: brings the database to this version's schema and seeds what is missing. Build from the repository's root:
#   docker build --file deploy/migrate.Dockerfile --tag sluice-migrate .

FROM node:24-bookworm-slim AS build
RUN npm install --global pnpm@12.21.0
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/platform packages/platform
COPY prisma prisma
RUN --mount=type=cache,target=/root/.local/share/pnpm/store \
    CI=true pnpm install --prod --frozen-lockfile --filter @sluice/prisma...

FROM node:24-bookworm-slim
# Prisma looks for an OpenSSL for engines that we do not use, and warns that there is none.
ENV NODE_ENV=production \
    PRISMA_DISABLE_WARNINGS=1
WORKDIR /app
COPY --from=build /app ./
USER node
STOPSIGNAL SIGTERM
# It ends by itself, so there is nothing to probe.
HEALTHCHECK NONE
# Prisma's own commands, on the schema engine in prisma/schema-engine, which needs no download. Both can be run again at any
# time. A new installation's keys are printed once, by the seed.
CMD ["sh", "-c", "node prisma/src/prisma-cli.ts migrate deploy && exec node prisma/src/seed-cli.ts"]
