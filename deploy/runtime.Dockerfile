# The inference runtime on the CPU, with the demo model. Build from the repository's root:
#   docker build --file deploy/runtime.Dockerfile --tag sluice-runtime .

FROM node:24-bookworm-slim AS build
RUN npm install --global pnpm@12.21.0
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/platform packages/platform
COPY proto proto
COPY services/runtime services/runtime
# Workspace packages are installed where they lie: Node strips no types under node_modules, so `pnpm deploy` would break them.
RUN --mount=type=cache,target=/root/.local/share/pnpm/store \
    CI=true pnpm install --prod --frozen-lockfile --filter @sluice/runtime...

FROM node:24-bookworm-slim
# Models named hf:… are downloaded into MODELS_FOLDER, uploaded adapters kept below it: the only folder that the service
# writes to.
RUN install --directory --owner=node --group=node /models
# SUPERVISE is off: the container ends with its worker, and the orchestrator starts it again and counts it.
ENV NODE_ENV=production \
    GPU=cpu \
    RUNTIME_LISTEN=0.0.0.0:50051 \
    METRICS_HOST=0.0.0.0 \
    METRICS_PORT=9465 \
    MODELS_FOLDER=/models \
    ADAPTERS_FOLDER=/models/adapters \
    SUPERVISE=false
WORKDIR /app
COPY --from=build /app ./
COPY models models
USER node
VOLUME /models
EXPOSE 50051 9465
STOPSIGNAL SIGTERM
# Healthy is a model that takes requests, asleep or not. The metrics say so in 45 ms of CPU time; a gRPC client takes 180 ms, from the model's threads.
HEALTHCHECK --interval=15s --timeout=3s --start-period=60s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.METRICS_PORT + '/metrics').then((res) => res.text()).then((text) => process.exit(/^sluice_runtime_model_state\\{.*state=.(ready|asleep).\\} 1$/m.test(text) ? 0 : 1), () => process.exit(1))"]
# main.ts gives the worker the thread pool its backend needs (UV_THREADPOOL_SIZE), so none is set here.
CMD ["node", "services/runtime/src/main.ts"]
