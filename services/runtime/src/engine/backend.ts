import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

export type Backend = 'cpu' | 'cuda';
export type BackendChoice = { readonly backend: Backend; readonly reason: string };

/** Picks CUDA where its library is installed and a device is there, else the CPU. Cheap: loads nothing native. */
export function chooseBackend(wanted: Backend | 'auto'): BackendChoice {
  if (wanted !== 'auto') return { backend: wanted, reason: `GPU=${wanted} was asked for` };
  if (!existsSync('/dev/nvidiactl') && !existsSync('/dev/dxg')) return { backend: 'cpu', reason: 'no NVIDIA device was found' };
  if (!hasCudaLibrary())
    return { backend: 'cpu', reason: 'an NVIDIA device is there, but the package @node-llama-cpp/linux-x64-cuda is not installed' };
  return { backend: 'cuda', reason: 'an NVIDIA device and the CUDA library were found' };
}

/** The package is an optional dependency of node-llama-cpp, so it is looked up from there. */
function hasCudaLibrary(): boolean {
  try {
    const fromLlama = createRequire(import.meta.resolve('node-llama-cpp'));
    fromLlama.resolve(`@node-llama-cpp/${process.platform === 'win32' ? 'win' : 'linux'}-x64-cuda`);
    return true;
  } catch {
    return false;
  }
}
