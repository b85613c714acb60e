import { Fault } from '@sluice/platform/fault';
import { toOpenAiErrorBody } from '@sluice/platform/openai-error';

/** What a client would read of the Fault that `act` throws. */
export function refusalOf(act: () => unknown): { code: string | null; param: string | null; message: string } {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { code, param, message } = toOpenAiErrorBody(error).error;
    return { code, param, message };
  }
  throw new Error('nothing was refused');
}
