import { PASSWORD_LENGTH_MAX } from '@sluice/platform/password-rules';
import { z } from 'zod';
import { newPassword } from '../new-password.ts';

const EMAIL_LENGTH_MAX = 320;
/** Ours have 88. */
const REFRESH_TOKEN_LENGTH_MAX = 256;

/** As loose as can be, for admin@localhost is one too; without what Postgres cannot store. */
const email = z
  .string()
  .max(EMAIL_LENGTH_MAX)
  .regex(/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u)
  .transform((text) => text.toLowerCase());
const password = z.string().min(1).max(PASSWORD_LENGTH_MAX);
const refreshToken = z.string().min(1).max(REFRESH_TOKEN_LENGTH_MAX);

export const loginSchema = z.strictObject({ email, password });
export const refreshSchema = z.strictObject({ refresh_token: refreshToken });
/** Without a refresh token the session is that of the access token. */
export const logoutSchema = z.strictObject({ refresh_token: refreshToken.optional() });
export const passwordSchema = z.strictObject({ current_password: password, new_password: newPassword });
