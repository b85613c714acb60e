import type { BindingModel } from '../engine/binding.ts';

/** The UTF-8 bytes that each token stands for; control tokens stand for none. */
export type TokenBytes = readonly Uint8Array[];

/** llama.h: enum llama_vocab_type. */
export const VOCAB_SENTENCE_PIECE = 1;
const VOCAB_BPE = 2;

/** llama.h: enum llama_token_attr. */
const ATTR_UNKNOWN = 1;
const ATTR_CONTROL = 8;
const ATTR_USER_DEFINED = 16;
const ATTR_BYTE = 32;

const encoder = new TextEncoder();

/**
 * Read once at load, so that a token costs no native call later and a character split over tokens keeps its bytes
 * (the binding's own detokeniser answers such halves with U+FFFD).
 */
export function readTokenBytes(model: BindingModel, vocabularySize: number): TokenBytes {
  const decodePiece = model.getVocabularyType() === VOCAB_BPE ? decodeBpePiece : decodeSentencePiece;
  return Array.from({ length: vocabularySize }, (_, id) => {
    const attributes = model.getTokenAttributes(id);
    if ((attributes & (ATTR_CONTROL | ATTR_UNKNOWN)) !== 0) return new Uint8Array(0);
    const piece = model.getTokenString(id);
    if ((attributes & ATTR_BYTE) !== 0) return decodeByteToken(piece);
    return (attributes & ATTR_USER_DEFINED) !== 0 ? encoder.encode(piece) : decodePiece(piece);
  });
}

/** SentencePiece writes a space as U+2581. */
function decodeSentencePiece(piece: string): Uint8Array {
  return encoder.encode(piece.replaceAll('\u2581', ' '));
}

/** `<0x0A>` is one byte. */
function decodeByteToken(piece: string): Uint8Array {
  const hex = /^<0x([0-9A-Fa-f]{2})>$/.exec(piece)?.[1];
  return hex === undefined ? encoder.encode(piece) : Uint8Array.of(Number.parseInt(hex, 16));
}

/** Byte-level BPE writes each byte as one printable character (GPT-2's table). */
function decodeBpePiece(piece: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of piece) {
    const byte = BYTE_OF_CHARACTER.get(character);
    if (byte === undefined) bytes.push(...encoder.encode(character));
    else bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

const BYTE_OF_CHARACTER = gpt2ByteTable();

/** Printable bytes stand for themselves; the others, in order, for U+0100 upwards. */
function gpt2ByteTable(): ReadonlyMap<string, number> {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  const table = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) table.set(String.fromCodePoint(isPrintable(byte) ? byte : next++), byte);
  return table;
}
