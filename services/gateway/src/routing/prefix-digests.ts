import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';

/** What is shared is shared from its start, so the beginning is enough; it bounds the work for a prompt of megabytes. */
const CHARACTERS_MAX = 65_536;
/** Prompts that part ways within a message share its blocks before that. About 250 tokens. */
const BLOCK_CHARACTERS = 1_024;

/**
 * A name for each beginning of a prompt that another request may share, shortest first: at every message's end and at
 * every block of a long one. Two prompts that have a name in common begin with the same text, for the same model and
 * adapter, but for one chance in four billion, which costs a detour and nothing else.
 */
export function prefixDigests(request: Pick<GenerateRequest, 'model' | 'adapter' | 'prompt'>): number[] {
  const digests: number[] = [];
  let hash = fnv1a(FNV_OFFSET, `${request.model ?? ''}\u0000${request.adapter ?? ''}\u0000`);
  let left = CHARACTERS_MAX;
  const add = (text: string): void => {
    for (let at = 0; at < text.length && left > 0; at += BLOCK_CHARACTERS) {
      const block = text.slice(at, at + Math.min(BLOCK_CHARACTERS, left));
      hash = fnv1a(hash, block);
      left -= block.length;
      digests.push(hash);
    }
  };
  const { prompt } = request;
  if (prompt?.text !== undefined) add(prompt.text);
  if (prompt?.tokenIds?.ids) add(prompt.tokenIds.ids.slice(0, CHARACTERS_MAX / 4).join(' '));
  if (prompt?.chat) {
    const { toolsJson = '', templateArgumentsJson = '', messages = [] } = prompt.chat;
    if (toolsJson !== '' || templateArgumentsJson !== '') add(`${toolsJson}\u0000${templateArgumentsJson}`);
    for (const { role = '', content = '', toolCallsJson = '', reasoningContent = '' } of messages) {
      add(`\u0001${role}\u0000${reasoningContent}\u0000${content}\u0000${toolCallsJson}`);
    }
  }
  return digests;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a over UTF-16 units: about a nanosecond each, and nothing hangs on its strength. */
function fnv1a(start: number, text: string): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash >>> 0;
}
