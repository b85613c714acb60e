import { hostname } from 'node:os';
import { commaList, flag, logLevel, milliseconds, parseEnv, port } from '@sluice/platform/config';
import { z } from 'zod';

const schema = z.object({
  /** host:port of the gRPC server. */
  RUNTIME_LISTEN: z
    .string()
    .regex(/^.+:\d+$/, 'must be host:port')
    .default('127.0.0.1:50051'),
  METRICS_HOST: z.string().default('127.0.0.1'),
  METRICS_PORT: port.default(9465),
  /** A .gguf file, a .yaml configuration, or a name such as hf:user/repo:Q8_0. Unset, the demo model. */
  MODEL: z.string().optional(),
  /** Several such, separated by commas, or a folder of .yaml configurations; instead of MODEL. */
  MODELS: commaList.optional(),
  /** Where models named hf:… are kept. */
  MODELS_FOLDER: z.string().default('models'),
  /** Overrides the name from the model's configuration. */
  MODEL_NAME: z.string().min(1).optional(),
  GPU: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
  /** CPU threads of the model; the default leaves one core to the rest. */
  THREADS: z.coerce.number().int().min(1).max(1024).optional(),
  SLOTS: z.coerce.number().int().min(1).max(256).optional(),
  CONTEXT_TOKENS: z.coerce.number().int().min(16).optional(),
  /** Threads for native calls. The supervisor sets it for the engine's process: 1 on the CPU, one for each core with CUDA. */
  UV_THREADPOOL_SIZE: z.coerce.number().int().min(1).max(1024).optional(),
  /** `lastBuild` uses node-llama-cpp's local build, e.g. one with OpenMP. */
  LLAMA_LIBRARY: z.enum(['prebuilt', 'lastBuild']).default('prebuilt'),
  /** Where adapters that were uploaded are kept. */
  ADAPTERS_FOLDER: z.string().min(1).default('.sluice/adapters'),
  /** Adapters of one model in memory at once. */
  ADAPTERS_LOADED_MAX: z.coerce.number().int().min(1).max(1_000).default(8),
  /** The largest file of an adapter that may be uploaded, or downloaded. */
  ADAPTER_MB_MAX: z.coerce.number().int().min(1).max(1_000_000).default(1_024),
  /** Where KV caches go that had to leave their slots, for models with `prefix_cache_mb`: a folder in memory. */
  PREFIX_CACHE_FOLDER: z.string().min(1).default('/dev/shm'),
  QUEUE_LIMIT: z.coerce.number().int().min(1).max(100_000).default(256),
  /** How long one prefill step may hold up running streams. */
  PREFILL_STALL_MS: milliseconds.default(90),
  /** Main memory that all models may take together; unset, what is free. */
  MODELS_MEMORY_MB: z.coerce.number().int().min(1).optional(),
  /** A step of the engine that takes longer never ends: the process is killed and started again. 0 waits for ever. */
  STEP_TIMEOUT_MS: z.coerce.number().int().min(0).default(120_000),
  /** The secret that watermarks are made and found with; the same for all workers. Unset, requests for them are refused. */
  WATERMARK_KEY: z
    .string()
    .regex(/^[0-9a-fA-F]{32,1024}$/, 'must be at least 32 hexadecimal digits')
    .optional(),
  /** The share of tokens that a watermark favours. */
  WATERMARK_GAMMA: z.coerce.number().gt(0).lt(1).default(0.25),
  /** What is added to their logits. */
  WATERMARK_DELTA: z.coerce.number().gt(0).max(100).default(2),
  /** How long running generations may go on after SIGTERM. */
  DRAIN_MS: z.coerce.number().int().min(0).default(30_000),
  WORKER_ID: z.string().min(1).default(`${hostname()}-${process.pid}`),
  LOG_LEVEL: logLevel,
  /** Start again after a crash. Off where an orchestrator does that. */
  SUPERVISE: flag.default(true),
});

export type RuntimeConfig = z.infer<typeof schema>;

/** The runtime's configuration from the environment. Throws ConfigError. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): RuntimeConfig {
  return parseEnv(schema, env);
}

/** This process's environment with the size of the thread pool that the worker is to have. */
export function workerEnvironment(poolThreads: number): NodeJS.ProcessEnv {
  return { ...process.env, UV_THREADPOOL_SIZE: String(poolThreads) };
}
