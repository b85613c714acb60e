import { expect } from '@jest/globals';

type ErrorBody = {
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string | null };
};

/** The OpenAI error in a response, with its status; a response that is none fails the test. */
export async function errorOf(response: Response): Promise<ErrorBody['error'] & { readonly status: number }> {
  expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  expect(response.headers.get('content-type')).toBe('application/json');
  // The test that asked compares every field.
  const { error } = (await response.json()) as ErrorBody;
  return { status: response.status, ...error };
}
