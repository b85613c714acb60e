/** Answers like a runtime that has loaded a model, or fails to as MODEL asks. */
import { Fault } from '@sluice/platform/fault';
import { startRuntimeServer } from '@sluice/proto/runtime-server';

if (process.env['MODEL'] === 'crash') {
  process.stdout.write('stand-in runtime cannot find its model\n');
  process.exit(7);
}
const state = process.env['MODEL'] === 'broken' ? ('FAILED' as const) : ('READY' as const);
const status = () => ({
  workerId: 'stand-in',
  state,
  backend: 'cpu',
  models: [{ name: 'stand-in', state, problem: state === 'FAILED' ? 'no such model' : '' }],
});
const refuse = (): never => {
  throw new Fault('NO_WORKER', { message: 'a stand-in generates nothing' });
};

await startRuntimeServer(process.env['RUNTIME_LISTEN'] ?? '127.0.0.1:0', {
  isServing: () => state === 'READY',
  onServingChange: () => () => {},
  session: refuse,
  generate: refuse,
  watchStatus: refuse,
  getStatus: status,
  drain: status,
});
process.on('SIGTERM', () => {
  process.stdout.write('stand-in runtime stops\n');
  process.exit(0);
});
