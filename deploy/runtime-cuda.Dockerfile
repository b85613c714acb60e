# The inference runtime on an NVIDIA GPU (x86-64, driver 580 or newer). Build from the repository's root:
#   docker build --file deploy/runtime-cuda.Dockerfile --tag sluice-runtime-cuda .

FROM node:24-bookworm-slim AS build
RUN npm install --global pnpm@12.21.0
WORKDIR /app
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/platform packages/platform
COPY proto proto
COPY services/runtime services/runtime
RUN --mount=type=cache,target=/root/.local/share/pnpm/store \
    CI=true pnpm install --prod --frozen-lockfile --filter @sluice/runtime...

# pnpm-workspace.yaml lists the CUDA binary under ignoredOptionalDependencies, because every other install can do without
# its 180 MB. The lockfile repeats that list: taken off here, a frozen install refuses ("configuration doesn't match the
# value found in the lockfile"), and a thawed one could change any other package. So the one package comes from its own
# lockfile, with its hash, at the version of node-llama-cpp that asks for it (deploy.test.ts compares them).
FROM node:24-bookworm-slim AS cuda
WORKDIR /cuda
COPY deploy/cuda ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

# The binary was built by CUDA 13.1 and links libcudart.so.13 and libcublas.so.13, which it does not bring along.
FROM nvidia/cuda:13.1.1-runtime-ubuntu24.04
COPY --from=build /usr/local/bin/node /usr/local/bin/node
# Models named hf:… are downloaded into MODELS_FOLDER, uploaded adapters kept below it. The other folder keeps the kernels that
# the driver compiles at the first start where the binary has none for this GPU (such as Hopper); that takes a driver of
# CUDA 13.1, 590 or newer.
RUN install --directory --owner=ubuntu --group=ubuntu /models /var/cache/cuda
# GPU is `cuda`, not `auto`: without a GPU this image has to fail loudly instead of serving slowly.
ENV NODE_ENV=production \
    GPU=cuda \
    RUNTIME_LISTEN=0.0.0.0:50051 \
    METRICS_HOST=0.0.0.0 \
    METRICS_PORT=9465 \
    MODELS_FOLDER=/models \
    ADAPTERS_FOLDER=/models/adapters \
    SUPERVISE=false \
    CUDA_CACHE_PATH=/var/cache/cuda \
    CUDA_CACHE_MAXSIZE=4294967296
WORKDIR /app
COPY --from=build /app ./
# node-llama-cpp finds it here on its way up from node_modules/.pnpm.
COPY --from=cuda /cuda/node_modules/@node-llama-cpp ./node_modules/@node-llama-cpp
COPY models models
USER ubuntu
VOLUME ["/models", "/var/cache/cuda"]
EXPOSE 50051 9465
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=180s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.METRICS_PORT + '/metrics').then((res) => res.text()).then((text) => process.exit(/^sluice_runtime_model_state\\{.*state=.(ready|asleep).\\} 1$/m.test(text) ? 0 : 1), () => process.exit(1))"]
CMD ["node", "services/runtime/src/main.ts"]
