import { PartFailure } from '@sluice/stack/part-failure';
import { formatLogLine } from './log-line.ts';

/** What failed, what it said last, and where to look. */
export function failureText(error: unknown): string {
  if (!(error instanceof PartFailure)) return `\n✗ ${error instanceof Error ? error.message : String(error)}\n`;
  const lines = error.logLines.filter((line) => line !== '').map((line) => `    ${formatLogLine(line)}`);
  const said = lines.length > 0 ? `\n  Its last words:\n\n${lines.join('\n')}\n` : '\n  It said nothing.\n';
  return `\n✗ ${error.part}: ${error.message}\n${said}\n  Full log: ${error.logFile}\n`;
}
