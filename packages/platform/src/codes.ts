/** Every fault Sluice can answer with, once. Transports look their status up here; codes are never reused. */

type GrpcStatus =
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'ABORTED'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'UNAUTHENTICATED';

type CodeEntry = {
  /** Status on the OpenAI-compatible HTTP API. */
  readonly http: number;
  /** The name of the gRPC status (google.rpc.Code). */
  readonly grpc: GrpcStatus;
  /** `error.type` in OpenAI's error body. */
  readonly type: string;
  /** `error.code` in OpenAI's error body; null where OpenAI sends null. */
  readonly code: string | null;
  /** Whether the same request may succeed on another worker or a moment later. */
  readonly retryable: boolean;
  readonly log: 'info' | 'warn' | 'error';
};

const INVALID = { http: 400, grpc: 'INVALID_ARGUMENT', type: 'invalid_request_error', retryable: false, log: 'info' } as const;
const UNAVAILABLE = { http: 503, grpc: 'UNAVAILABLE', type: 'service_unavailable_error', retryable: true, log: 'warn' } as const;

const RATE_LIMITED = {
  http: 429,
  grpc: 'RESOURCE_EXHAUSTED',
  type: 'requests',
  code: 'rate_limit_exceeded',
  retryable: true,
  log: 'info',
} as const;

export const CODES = {
  INVALID_JSON: { ...INVALID, code: 'invalid_json' },
  INVALID_REQUEST: { ...INVALID, code: null },
  INVALID_TYPE: { ...INVALID, code: 'invalid_type' },
  INVALID_VALUE: { ...INVALID, code: 'invalid_value' },
  MISSING_PARAMETER: { ...INVALID, code: 'missing_required_parameter' },
  UNKNOWN_PARAMETER: { ...INVALID, code: 'unknown_parameter' },
  UNSUPPORTED_PARAMETER: { ...INVALID, code: 'unsupported_parameter' },
  UNSUPPORTED_VALUE: { ...INVALID, code: 'unsupported_value' },
  EMPTY_ARRAY: { ...INVALID, code: 'empty_array' },
  ARRAY_ABOVE_MAX_LENGTH: { ...INVALID, code: 'array_above_max_length' },
  STRING_ABOVE_MAX_LENGTH: { ...INVALID, code: 'string_above_max_length' },
  INTEGER_BELOW_MIN_VALUE: { ...INVALID, code: 'integer_below_min_value' },
  INTEGER_ABOVE_MAX_VALUE: { ...INVALID, code: 'integer_above_max_value' },
  DECIMAL_BELOW_MIN_VALUE: { ...INVALID, code: 'decimal_below_min_value' },
  DECIMAL_ABOVE_MAX_VALUE: { ...INVALID, code: 'decimal_above_max_value' },
  CONTEXT_LENGTH_EXCEEDED: { ...INVALID, grpc: 'FAILED_PRECONDITION', code: 'context_length_exceeded' },
  MISSING_API_KEY: { ...INVALID, http: 401, grpc: 'UNAUTHENTICATED', code: null },
  INVALID_API_KEY: { ...INVALID, http: 401, grpc: 'UNAUTHENTICATED', code: 'invalid_api_key' },
  IP_NOT_AUTHORIZED: { ...INVALID, http: 401, grpc: 'UNAUTHENTICATED', code: 'ip_not_authorized' },
  INVALID_SIGNATURE: { ...INVALID, http: 401, grpc: 'UNAUTHENTICATED', code: 'invalid_signature' },
  REPLAYED_REQUEST: { ...INVALID, http: 401, grpc: 'UNAUTHENTICATED', code: 'replayed_request' },
  INVALID_CREDENTIALS: { ...INVALID, http: 401, grpc: 'UNAUTHENTICATED', code: 'invalid_credentials' },
  INVALID_TOKEN: { ...INVALID, http: 401, grpc: 'UNAUTHENTICATED', code: 'invalid_token' },
  INSUFFICIENT_PERMISSIONS: { ...INVALID, http: 403, grpc: 'PERMISSION_DENIED', code: 'insufficient_permissions' },
  MODEL_NOT_ALLOWED: { ...INVALID, http: 403, grpc: 'PERMISSION_DENIED', code: 'model_not_allowed' },
  NOT_FOUND: { ...INVALID, http: 404, grpc: 'NOT_FOUND', code: 'not_found' },
  MODEL_NOT_FOUND: { ...INVALID, http: 404, grpc: 'NOT_FOUND', code: 'model_not_found' },
  UNKNOWN_URL: { ...INVALID, http: 404, grpc: 'UNIMPLEMENTED', code: 'unknown_url' },
  METHOD_NOT_ALLOWED: { ...INVALID, http: 405, grpc: 'UNIMPLEMENTED', code: 'method_not_supported' },
  REQUEST_TIMEOUT: {
    http: 408,
    grpc: 'DEADLINE_EXCEEDED',
    type: 'invalid_request_error',
    code: 'request_timeout',
    retryable: true,
    log: 'info',
  },
  ALREADY_EXISTS: { ...INVALID, http: 409, grpc: 'ALREADY_EXISTS', code: 'already_exists' },
  CONFLICT: { ...INVALID, http: 409, grpc: 'ABORTED', code: 'conflict' },
  IDEMPOTENCY_IN_PROGRESS: { ...INVALID, http: 409, grpc: 'ABORTED', code: 'idempotency_in_progress' },
  IDEMPOTENCY_KEY_CONFLICT: { ...INVALID, http: 409, grpc: 'ABORTED', code: 'idempotency_key_conflict' },
  /** The request was served, and its answer cannot be given again. */
  IDEMPOTENT_ANSWER_NOT_KEPT: { ...INVALID, http: 409, grpc: 'ABORTED', code: 'idempotent_answer_not_kept' },
  REQUEST_TOO_LARGE: { ...INVALID, http: 413, grpc: 'RESOURCE_EXHAUSTED', code: 'request_too_large' },
  UNSUPPORTED_MEDIA_TYPE: { ...INVALID, http: 415, code: 'unsupported_media_type' },
  RATE_LIMIT_EXCEEDED: RATE_LIMITED,
  TOKEN_RATE_LIMIT_EXCEEDED: { ...RATE_LIMITED, type: 'tokens' },
  CONCURRENCY_LIMIT_EXCEEDED: { ...RATE_LIMITED, code: 'concurrency_limit_exceeded' },
  /** The quota has room, but running requests hold it. */
  QUOTA_RESERVED: { ...RATE_LIMITED, type: 'tokens', code: 'quota_reserved' },
  /** Larger than the whole limit: no waiting helps. */
  REQUEST_EXCEEDS_LIMIT: { ...RATE_LIMITED, type: 'tokens', retryable: false },
  INSUFFICIENT_QUOTA: { ...RATE_LIMITED, type: 'insufficient_quota', code: 'insufficient_quota', retryable: false },
  TOO_MANY_FAILURES: { ...RATE_LIMITED, code: 'too_many_failures' },
  INTERNAL: { http: 500, grpc: 'INTERNAL', type: 'server_error', code: null, retryable: false, log: 'error' },
  UPSTREAM_DISCONNECTED: {
    http: 502,
    grpc: 'UNAVAILABLE',
    type: 'server_error',
    code: 'upstream_disconnected',
    retryable: true,
    log: 'warn',
  },
  SERVER_OVERLOADED: { ...UNAVAILABLE, grpc: 'RESOURCE_EXHAUSTED', code: 'server_is_overloaded' },
  MODEL_NOT_READY: { ...UNAVAILABLE, code: 'model_not_ready' },
  /** A model does not fit beside those that are loaded. */
  INSUFFICIENT_MEMORY: { ...UNAVAILABLE, code: 'insufficient_memory' },
  NO_WORKER: { ...UNAVAILABLE, code: 'no_worker_available' },
  WORKER_DRAINING: { ...UNAVAILABLE, code: 'worker_draining' },
  SHUTTING_DOWN: { ...UNAVAILABLE, code: 'shutting_down' },
  LIMITER_UNAVAILABLE: { ...UNAVAILABLE, code: 'limiter_unavailable' },
  STORE_UNAVAILABLE: { ...UNAVAILABLE, code: 'store_unavailable' },
  /** The database went away while it saved: nobody knows whether it has. */
  CHANGE_UNCERTAIN: { ...UNAVAILABLE, code: 'change_uncertain', retryable: false },
  TIMEOUT: { http: 504, grpc: 'DEADLINE_EXCEEDED', type: 'server_error', code: 'timeout', retryable: false, log: 'warn' },
} as const satisfies Record<string, CodeEntry>;

export type FaultCode = keyof typeof CODES;

export function isFaultCode(value: string): value is FaultCode {
  return Object.hasOwn(CODES, value);
}
