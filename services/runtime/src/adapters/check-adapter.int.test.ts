import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { writeGguf, type GgufTensor, type GgufValue } from '@sluice/testing/gguf-writer';
import { checkAdapter } from './check-adapter.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

const shape = {
  architecture: 'llama',
  tensors: new Map([
    ['blk.0.attn_q.weight', [8, 6]],
    ['token_embd.weight', [8, 20]],
    ['blk.0.ffn_up_exps.weight', [8, 6, 3]],
  ]),
};

const KIND: Record<string, GgufValue> = {
  'general.type': { type: 'string', value: 'adapter' },
  'general.architecture': { type: 'string', value: 'llama' },
  'adapter.type': { type: 'string', value: 'lora' },
  'adapter.lora.alpha': { type: 'f32', value: 2 },
};

function tensor(name: string, dimensions: readonly number[]): GgufTensor {
  const bytes = 4 * dimensions.reduce((product, size) => product * size, 1);
  return { name, shape: dimensions, type: 'f32', chunks: () => [new Uint8Array(bytes)] };
}

const GOOD = [tensor('blk.0.attn_q.weight.lora_a', [8, 2]), tensor('blk.0.attn_q.weight.lora_b', [2, 6])];

function write(values: Record<string, GgufValue>, tensors: readonly GgufTensor[]): string {
  const path = join(folder, 'a.gguf');
  writeGguf(path, values, tensors);
  return path;
}

test.each<[string, readonly GgufTensor[]]>([
  ['on a matrix', GOOD],
  [
    'on the embedding, whose parts are the other way round',
    [tensor('token_embd.weight.lora_a', [2, 20]), tensor('token_embd.weight.lora_b', [2, 8])],
  ],
  ['on experts', [tensor('blk.0.ffn_up_exps.weight.lora_a', [8, 2, 3]), tensor('blk.0.ffn_up_exps.weight.lora_b', [2, 6, 3])]],
  ['beside norms, which are passed over', [...GOOD, tensor('blk.0.attn_norm.weight', [8])]],
])('an adapter fits: %s', async (_what, tensors) => {
  await expect(checkAdapter(write(KIND, tensors), 'x', shape)).resolves.toBeUndefined();
});

test.each<[string, Record<string, GgufValue>, readonly GgufTensor[]]>([
  ['is not an adapter', { ...KIND, 'general.type': { type: 'string', value: 'model' } }, GOOD],
  ['is not a LoRA adapter but `loha`', { ...KIND, 'adapter.type': { type: 'string', value: 'loha' } }, GOOD],
  ['is made for `qwen3` models', { ...KIND, 'general.architecture': { type: 'string', value: 'qwen3' } }, GOOD],
  ['has no adapter.lora.alpha', { ...KIND, 'adapter.lora.alpha': { type: 'u32', value: 2 } }, GOOD],
  ['activated LoRA', { ...KIND, 'adapter.alora.invocation_tokens': { type: 'i32s', value: [1] } }, GOOD],
  ['has no LoRA tensors', KIND, []],
  ['`blk.0.attn_q.weight` is missing', KIND, GOOD.slice(0, 1)],
  [
    'the model has no tensor `blk.9.attn_q.weight`',
    KIND,
    [tensor('blk.9.attn_q.weight.lora_a', [8, 2]), tensor('blk.9.attn_q.weight.lora_b', [2, 6])],
  ],
  ['have another shape', KIND, [tensor('blk.0.attn_q.weight.lora_a', [9, 2]), tensor('blk.0.attn_q.weight.lora_b', [2, 6])]],
  ['have another shape', KIND, [tensor('blk.0.attn_q.weight.lora_a', [8, 2]), tensor('blk.0.attn_q.weight.lora_b', [3, 6])]],
  ['have another shape', KIND, [tensor('token_embd.weight.lora_a', [3, 20]), tensor('token_embd.weight.lora_b', [2, 8])]],
  [
    'have another shape',
    KIND,
    [tensor('blk.0.ffn_up_exps.weight.lora_a', [8, 2, 2]), tensor('blk.0.ffn_up_exps.weight.lora_b', [2, 6, 3])],
  ],
  ['no part of a LoRA adapter', KIND, [...GOOD, tensor('output.weight', [8, 20])]],
])('an adapter is refused: it … %s', async (reason, values, tensors) => {
  await expect(checkAdapter(write(values, tensors), 'x', shape)).rejects.toMatchObject({
    code: 'INVALID_VALUE',
    param: 'adapter',
    message: expect.stringContaining(reason),
  });
});

test('a file that is not there is refused by that', async () => {
  await expect(checkAdapter(join(folder, 'none.gguf'), 'x', shape)).rejects.toMatchObject({
    code: 'INVALID_VALUE',
    message: expect.stringContaining('does not exist'),
  });
});

test('a file that ends within its header, or lies about its lengths, is refused', async () => {
  const path = write(KIND, GOOD);
  truncateSync(path, 100);
  await expect(checkAdapter(path, 'x', shape)).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  const lie = Buffer.alloc(64);
  lie.write('GGUF');
  lie.writeUInt32LE(3, 4);
  for (const at of [8, 16, 24]) lie.writeBigUInt64LE(2n ** 62n, at);
  writeFileSync(path, lie);
  await expect(checkAdapter(path, 'x', shape)).rejects.toMatchObject({ message: expect.stringContaining('impossible') });
  lie.writeBigUInt64LE(0n, 8);
  lie.writeBigUInt64LE(1n, 16);
  lie.writeBigUInt64LE(2n ** 40n, 24);
  writeFileSync(path, lie);
  await expect(checkAdapter(path, 'x', shape)).rejects.toMatchObject({ message: expect.stringContaining('too long') });
});
