import { StringDecoder } from 'node:string_decoder';

/**
 * Returns a function that takes the bytes of an event stream, however cut, and calls `onData` with the data of each
 * complete event, in order. Comments and other fields are skipped; an event the stream ends in the middle of is not delivered.
 */
export const createSseReader = (onData: (data: string) => void): ((bytes: Buffer) => void) => {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let data: string[] = [];

  const readLine = (line: string): void => {
    if (line === '') {
      if (data.length > 0) onData(data.join('\n'));
      data = [];
    } else if (line.startsWith('data:')) {
      data.push(line.slice(line[5] === ' ' ? 6 : 5));
    }
  };

  return (bytes) => {
    const text = rest + decoder.write(bytes);
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      readLine(text.slice(start, text[end - 1] === '\r' ? end - 1 : end));
      start = end + 1;
    }
    rest = text.slice(start);
  };
};
