import { PASSWORD_LENGTH_MAX, refusalOfPassword } from '@sluice/platform/password-rules';
import { z } from 'zod';

export type HashPassword = (password: string) => Promise<string>;

/** A password that somebody sets. Its refusal never repeats it. */
export const newPassword = z
  .string()
  .max(PASSWORD_LENGTH_MAX)
  .superRefine((password, ctx) => {
    const refusal = refusalOfPassword(password);
    if (refusal === undefined) return;
    const params = { code: 'INVALID_VALUE', message: `Invalid value for '%s': the password ${refusal}.` };
    ctx.addIssue({ code: 'custom', params });
  });
