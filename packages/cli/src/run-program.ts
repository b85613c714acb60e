import { spawn } from 'node:child_process';
import { REPOSITORY } from '@sluice/stack/repository';

/** Runs a program in this terminal, in the repository's root, and resolves with its exit code. It gets Ctrl-C from the terminal itself. */
export function runProgram(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  const child = spawn(command, args, { stdio: 'inherit', cwd: REPOSITORY, env });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
  return ended.finally(() => process.off('SIGINT', ignore));
}
