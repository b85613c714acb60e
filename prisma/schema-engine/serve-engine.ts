import { createInterface } from 'node:readline';
import { z } from 'zod';
import { createSchemaEngine, panicMessage, type SchemaEngine } from '../src/schema-engine.ts';

/** JSON-RPC's range for an application's errors; Prisma looks at `data`. */
const ENGINE_ERROR_CODE = 4466;
/** Prisma counts its own requests up from 1. */
const PRINT_REQUEST_ID = 1_000_000;

const messageSchema = z.object({ id: z.number(), method: z.string().optional(), params: z.unknown() });
type Request = z.infer<typeof messageSchema> & { method: string };

/** Answers one JSON-RPC request a line on stdin until it ends. */
export async function serveEngine(options: { url: string; schemaFiles: readonly string[] }): Promise<void> {
  // Started by the first request, so that a database out of reach is that request's answer.
  let engine: Promise<SchemaEngine> | undefined;
  let current: Request | undefined;
  // A panic of the WebAssembly build rejects nothing: it leaves the request unanswered and Prisma waiting.
  process.once('uncaughtException', (error) => {
    if (current) fail(current, new Error(panicMessage() ?? error.message, { cause: error }));
    process.exit(1);
  });
  for await (const line of createInterface({ input: process.stdin })) {
    const message = messageSchema.parse(JSON.parse(line));
    // A message without a method is the answer to our own print request.
    if (message.method === undefined) continue;
    engine ??= createSchemaEngine(options.url, options.schemaFiles);
    current = { ...message, method: message.method };
    await answer(engine, current);
  }
  await (await engine)?.close();
}

async function answer(engine: Promise<SchemaEngine>, request: Request): Promise<void> {
  try {
    const result: unknown = await callMethod(await engine, request);
    const printed = z.object({ stdout: z.string() }).safeParse(result);
    if (printed.success) send({ id: PRINT_REQUEST_ID, method: 'print', params: { content: printed.data.stdout } });
    send({ id: request.id, result: result ?? null });
  } catch (error) {
    fail(request, error);
  }
}

function fail(request: Request, error: unknown): void {
  send({
    id: request.id,
    error: { code: ENGINE_ERROR_CODE, message: 'An error happened. Check the data field for details.', data: describe(error) },
  });
}

async function callMethod({ methods }: SchemaEngine, { method, params }: Request): Promise<unknown> {
  const implementation: unknown = Reflect.get(methods, method);
  if (typeof implementation !== 'function') {
    throw new Error(`The offline schema engine does not know "${method}". Let Prisma download its own engine, or do without this command.`);
  }
  return Reflect.apply(implementation, methods, [params]);
}

function describe(error: unknown): Record<string, unknown> {
  const details = z.looseObject({ code: z.string().optional(), meta: z.unknown() }).safeParse(error).data;
  const message = error instanceof Error ? error.message : String(error);
  return { is_panic: false, message, error_code: details?.code, meta: details?.meta ?? {}, backtrace: null };
}

function send(message: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}
