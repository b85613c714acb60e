import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';
import { migrationAdapter } from './migration-adapter.ts';
import { noDatabaseAdapter } from './no-database-adapter.ts';

export type SchemaEngine = {
  readonly methods: glue.SchemaEngine;
  /** Ends the engine's connections. */
  close(): Promise<void>;
};

let isLoaded = false;
let panic: string | undefined;

/** Prisma's own schema engine, in WebAssembly, on the database at `url`, or on none when it is empty. Rejects when the database cannot be reached. */
export async function createSchemaEngine(url: string, schemaFiles: readonly string[] = []): Promise<SchemaEngine> {
  load();
  const datamodels = schemaFiles.map((path): [string, string] => [path, readFileSync(path, 'utf8')]);
  const adapter = url === '' ? noDatabaseAdapter() : migrationAdapter(url);
  try {
    const options = { datamodels: datamodels.length > 0 ? datamodels : undefined };
    const methods = await glue.SchemaEngine.new(options, () => {}, bindMigrationAwareSqlAdapterFactory(adapter));
    return { methods, close: () => adapter.close() };
  } catch (error) {
    await adapter.close();
    throw error;
  }
}

/** What the engine said before it broke; it cannot be used after that. */
export function panicMessage(): string | undefined {
  return panic;
}

/** The package's own entry imports the .wasm file, which Node does not do without a flag; this is the same in plain calls. */
function load(): void {
  if (isLoaded) return;
  const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'));
  const module = new WebAssembly.Module(readFileSync(join(folder, 'schema_engine_bg.wasm')));
  const instance = new WebAssembly.Instance(module, { './schema_engine_bg.js': importsOf(glue) });
  // The engine calls this global by its name.
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => (panic = message) } });
  glue.__wbg_set_wasm(instance.exports);
  const start = instance.exports['__wbindgen_start'];
  if (typeof start !== 'function') throw new Error('@prisma/schema-engine-wasm has no __wbindgen_start: its version does not fit');
  start();
  isLoaded = true;
}

/** The engine never clears the 10 s deadline of its advisory lock, which would keep a finished process alive that long. */
function importsOf(bindings: Record<string, unknown>): Record<string, unknown> {
  const setTimer = (callback: () => void, ms: number) => setTimeout(callback, ms >>> 0).unref();
  return Object.fromEntries(
    Object.entries(bindings).map(([name, value]) => [name, name.startsWith('__wbg_setTimeout_') ? setTimer : value]),
  );
}
