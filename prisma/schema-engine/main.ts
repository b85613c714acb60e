/** The command line of Prisma's schema-engine binary, answered by its WebAssembly build. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { runEngineCommand } from './engine-command.ts';
import { serveEngine } from './serve-engine.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: { datasource: { type: 'string' }, datamodels: { type: 'string', multiple: true }, version: { type: 'boolean', short: 'V' } },
});
const strings = z.array(z.string()).catch([]);
const { url } = z.object({ url: z.string().default('') }).parse(JSON.parse(z.string().catch('{}').parse(values.datasource)));

if (values.version === true) process.stdout.write('schema-engine-cli wasm\n');
else if (positionals[0] === 'cli') process.exitCode = await runEngineCommand(positionals[1], url);
else await serveEngine({ url, schemaFiles: strings.parse(values.datamodels) });
