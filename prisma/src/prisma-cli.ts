/** `pnpm prisma …`: Prisma's own command line, with everything it needs to work without a download. */
import { runPrisma } from './run-prisma.ts';

process.exitCode = await runPrisma(process.argv.slice(2));
