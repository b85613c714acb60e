import { CODES } from './codes.ts';

/** The text of docs/errors.md, made from the table of codes, so that the two cannot disagree. */
export function renderErrorsPage(): string {
  const rows = Object.entries(CODES).map(([name, entry]) => {
    const code = entry.code === null ? '`null`' : `\`${entry.code}\``;
    return `| \`${name}\` | ${entry.http} | \`${entry.type}\` | ${code} | \`${entry.grpc}\` | ${entry.retryable ? 'yes' : 'no'} |`;
  });
  return [
    '# Errors',
    '',
    'Generated from `packages/platform/src/codes.ts` by `pnpm docs:errors`; a test compares the two.',
    '',
    'Every `/v1` route answers an error as OpenAI does: `{"error": {"message", "type", "param", "code"}}`, with `x-request-id`',
    'in the headers. `param` names the field at fault. Once a stream has begun, the error comes as its last chunk instead.',
    '',
    '| fault | HTTP | `type` | `code` | gRPC | worth a retry |',
    '|---|---:|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
