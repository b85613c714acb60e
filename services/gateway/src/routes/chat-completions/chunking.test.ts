import { expect, test } from '@jest/globals';
import type { DeltaDetails__Output } from '@sluice/proto/v1/DeltaDetails';
import * as fc from 'fast-check';
import { AnswerChoices } from '../../inference/answer-choices.ts';
import { sseData } from '../../test-support/sse.ts';
import { Backlog } from '../backlog.ts';
import { chatCompletionFormat } from './respond.ts';

const CHOICES = 3;
const format = chatCompletionFormat({
  idSuffix: 'x',
  createdUnixS: 0,
  model: 'm',
  choices: CHOICES,
  hasLogprobs: true,
  includesUsage: false,
});
const NONE: DeltaDetails__Output = { reasoning: '', toolCalls: [], logprobs: [], isEcho: false };

/** One thing that a worker says, whole. */
type Said = { readonly index: number; readonly text: string } & (
  | { readonly kind: 'text' }
  | { readonly kind: 'reasoning' }
  | { readonly kind: 'logprobs' }
  | { readonly kind: 'call'; readonly call: number }
);

const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({ kind: fc.constantFrom('text', 'reasoning', 'logprobs'), index: fc.nat(CHOICES - 1), text: fc.string({ unit: 'binary' }) }),
  fc.record({ kind: fc.constant('call'), index: fc.nat(CHOICES - 1), call: fc.nat(2), text: fc.string() }),
);

/** Where the next thing that was said is cut, and whether the reader is behind when its pieces come. */
const cuts = fc.infiniteStream(fc.record({ at: fc.nat(10), isBehind: fc.boolean() }));

type Delta = { readonly text: string; readonly index: number; readonly details: DeltaDetails__Output | undefined };

function toDeltas(things: readonly Said[], lengthOf: () => number): Delta[] {
  const opened = new Set<string>();
  return things.flatMap((thing) => {
    const pieces: string[] = [];
    // By code points: a worker sends whole characters.
    for (let left = Array.from(thing.text); left.length > 0;) pieces.push(left.splice(0, lengthOf() + 1).join(''));
    return pieces.map((piece) => toDelta(thing, piece, opened));
  });
}

function toDelta(thing: Said, piece: string, opened: Set<string>): Delta {
  const { index } = thing;
  if (thing.kind === 'text') return { text: piece, index, details: undefined };
  if (thing.kind === 'reasoning') return { text: '', index, details: { ...NONE, reasoning: piece } };
  if (thing.kind === 'logprobs') {
    const logprobs = Array.from(piece, (character) => ({ tokenId: 1, logprob: -1, bytes: Buffer.from(character), top: [] }));
    return { text: piece, index, details: { ...NONE, logprobs } };
  }
  const name = `${index}.${thing.call}`;
  const head = opened.has(name) ? { id: '', name: '' } : { id: `call_${name}`, name: 'f' };
  opened.add(name);
  return { text: '', index, details: { ...NONE, toolCalls: [{ index: thing.call, ...head, arguments: piece }] } };
}

function gather(deltas: readonly Delta[]) {
  const choices = new AnswerChoices();
  for (const { text, index, details } of deltas) {
    if (details) choices.detailed(text, index, details);
    else choices.delta(text, index);
  }
  return choices;
}

type Chunk = {
  choices: {
    index: number;
    delta: {
      content?: string;
      reasoning_content?: string;
      tool_calls?: { index: number; id?: string; function: { name?: string; arguments: string } }[];
    };
    logprobs?: { content: unknown[] };
  }[];
};

/** What a client has when it has put the chunks together, as it does for OpenAI's. */
function putTogether(events: string) {
  const messages = Array.from({ length: CHOICES }, () => ({ content: '', reasoning: '', calls: new Map<number, string>(), logprobs: 0 }));
  for (const data of sseData(events)) {
    const { choices } = JSON.parse(data) as Chunk;
    for (const { index, delta, logprobs } of choices) {
      const message = messages[index];
      if (!message) throw new Error(`there is no choice ${index}`);
      message.content += delta.content ?? '';
      message.reasoning += delta.reasoning_content ?? '';
      message.logprobs += logprobs?.content.length ?? 0;
      for (const call of delta.tool_calls ?? []) {
        const piece = `${call.id ?? ''}${call.function.name ?? ''}${call.function.arguments}`;
        message.calls.set(call.index, (message.calls.get(call.index) ?? '') + piece);
      }
    }
  }
  return messages;
}

function expectedOf(choices: AnswerChoices) {
  return choices.finish(CHOICES, 'stop').map(({ text, reasoning, toolCalls, logprobs }) => ({
    content: text,
    reasoning,
    calls: new Map(toolCalls.flatMap(({ id, name, arguments: args }, index) => (id === '' ? [] : [[index, id + name + args]]))),
    logprobs: logprobs.length,
  }));
}

test('however an answer is cut, the whole and what a client puts together of the stream are the same', () => {
  fc.assert(
    fc.property(fc.array(said, { maxLength: 20 }), cuts, cuts, (things, first, second) => {
      const whole = gather(toDeltas(things, () => Infinity));
      const cut = toDeltas(things, () => first.next().value.at);
      expect(gather(cut).finish(CHOICES, 'stop')).toEqual(whole.finish(CHOICES, 'stop'));

      const backlog = new Backlog(format);
      let events = '';
      for (const { text, index, details } of cut) {
        const { isBehind } = second.next().value;
        if (!isBehind) events += backlog.take();
        if (details) {
          const event = format.detailed(text, index, details);
          if (isBehind) backlog.addEvent(event, index);
          else events += event;
        } else if (isBehind) backlog.addText(text, index);
        else events += format.delta(text, index);
      }
      events += backlog.take();
      expect(putTogether(events)).toEqual(expectedOf(whole));
    }),
    { numRuns: 300 },
  );
});
