import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { DEMO_MODEL, loadDemoModel } from '../test-support/demo-model.ts';

const TOOL = { type: 'function', function: { name: 'get_time' } };
const KEY = 'tokenizer.chat_template.tool_use';
/** Of tensors in a file; what is put before them in steps of so many bytes leaves them where they belong. */
const ALIGNMENT = 32;
const STRING = 8;

test("a file's own template for tools is used where there are some", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-template-'));
  const path = join(folder, 'model.gguf');
  writeFileSync(path, withText(readFileSync(DEMO_MODEL), '{{ tools | tojson }}<tool_call>{{ messages[0].content }}'));
  const model = await loadDemoModel({ source: path, slots: 1, contextTokens: 256, batchTokens: 64 });
  try {
    const promptOf = (tools: unknown): string =>
      model.tokenizer.decode(model.encodePrompt({ kind: 'chat', messages: [{ role: 'user', content: 'Hi' }], tools, extra: {} }));
    expect(promptOf([TOOL])).toMatch(/^\[.*get_time.*\]<tool_call>Hi/);
    expect(promptOf(undefined)).toMatch(/^<\|im_start\|>/);
  } finally {
    await model.engine.close();
    rmSync(folder, { recursive: true });
  }
});

/** The same file with one more value. The count of values stands in front of them, after the count of tensors. */
function withText(file: Buffer, text: string): Buffer {
  const counts = 8;
  const start = counts + 16;
  const length = 8 + KEY.length + 4 + 8;
  const padded = text.padEnd(text.length + ((ALIGNMENT - ((length + text.length) % ALIGNMENT)) % ALIGNMENT));
  const value = Buffer.alloc(length + padded.length);
  value.writeBigUInt64LE(BigInt(KEY.length), 0);
  value.write(KEY, 8);
  value.writeUInt32LE(STRING, 8 + KEY.length);
  value.writeBigUInt64LE(BigInt(padded.length), 8 + KEY.length + 4);
  value.write(padded, length);
  const head = Buffer.from(file.subarray(0, start));
  head.writeBigUInt64LE(head.readBigUInt64LE(counts + 8) + 1n, counts + 8);
  return Buffer.concat([head, value, file.subarray(start)]);
}
