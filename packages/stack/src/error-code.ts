/** The `code` of a system error, e.g. "EEXIST". Looks at no class: inside Jest, Node's own errors are not instances of `Error`. */
export function errorCode(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
