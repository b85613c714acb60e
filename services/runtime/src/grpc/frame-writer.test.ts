import { describe, expect, test } from '@jest/globals';
import type { ServerFrame } from '@sluice/proto/v1/ServerFrame';
import { FrameWriter } from './frame-writer.ts';

function createStream() {
  const frames: ServerFrame[] = [];
  let drain: (() => void) | undefined;
  let isFull = false;
  return {
    frames,
    fill: () => (isFull = true),
    drain() {
      isFull = false;
      drain?.();
    },
    write(frame: ServerFrame) {
      frames.push(frame);
      return !isFull;
    },
    once(_event: 'drain', listener: () => void) {
      drain = listener;
    },
  };
}

const delta = (rid: number, text: string) => ({ rid, delta: { text } });

describe('the frame writer', () => {
  test('sends the events of a step in one frame', () => {
    const stream = createStream();
    const writer = new FrameWriter(stream, () => {});
    writer.add(delta(1, 'a'));
    writer.add(delta(2, 'b'));
    writer.flush(7);
    writer.flush(8);
    expect(stream.frames).toEqual([{ step: 7, events: [delta(1, 'a'), delta(2, 'b')] }]);
  });

  test('a slow reader gets fewer, larger frames and loses nothing', () => {
    const stream = createStream();
    const writer = new FrameWriter(stream, () => {});
    stream.fill();
    for (let step = 1; step <= 5; step++) {
      writer.add(delta(1, String(step)));
      writer.flush(step);
    }
    expect(stream.frames).toHaveLength(1);
    stream.drain();
    expect(stream.frames.map((frame) => frame.events?.length)).toEqual([1, 4]);
    expect(stream.frames[1]?.step).toBe(5);
  });

  test('a reader that never reads is given up at a bound', () => {
    const stream = createStream();
    let overflows = 0;
    const writer = new FrameWriter(stream, () => overflows++);
    stream.fill();
    writer.add(delta(1, 'x'));
    writer.flush(1);
    for (let i = 0; i < 20_000; i++) writer.add(delta(1, 'x'));
    expect(overflows).toBe(1);
    stream.drain();
    expect(stream.frames).toHaveLength(1);
  });
});
