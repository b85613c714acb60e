import { createHash } from 'node:crypto';
import type { PastCall } from '../chat-history.ts';
import type { ForcedPiece, ToolSyntax } from './tool-syntax.ts';

/** The text of calls that were made. */
export type CallWriter = (calls: readonly PastCall[]) => string;

/** Writes calls as a model of this syntax does. */
export function createCallWriter({ forced }: Pick<ToolSyntax, 'forced'>): CallWriter {
  const write = ({ id = '', name, argumentsText }: PastCall): string =>
    [...forced.before(name).map((piece) => writePiece(piece, id)), argumentsText, forced.after].join('');
  return (calls) => `${forced.begin}${calls.map(write).join(forced.between ?? '\n')}${forced.end}`;
}

/** What the model chose is not known any more; the same call gets the same. */
function writePiece(piece: ForcedPiece, id: string): string {
  return typeof piece === 'string' ? piece : createHash('sha256').update(id).digest('hex').slice(0, piece.lettersOrDigits);
}
