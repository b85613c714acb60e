import { startRuntimeServer, type RuntimeService, type SessionStream, type StatusStream } from '@sluice/proto/runtime-server';
import type { Fault } from '@sluice/platform/fault';
import type { ModelStatus } from '@sluice/proto/v1/ModelStatus';
import type { PutAdapterRequest__Output } from '@sluice/proto/v1/PutAdapterRequest';
import type { WorkerStatus } from '@sluice/proto/v1/WorkerStatus';
import { plainCalls, type ScriptedCalls } from './scripted-calls.ts';
import { ScriptedModels } from './scripted-models.ts';
import { ScriptedSession, type Script } from './scripted-session.ts';

export const SCRIPTED_MODEL = 'scripted';

export type ScriptedRuntime = {
  /** host:port. */
  readonly address: string;
  /** How requests are answered from now on. */
  script: Script;
  /** How calls are answered from now on that have one answer. */
  calls: ScriptedCalls;
  /** Requests that came, in order. */
  readonly requestIds: readonly string[];
  /** Ids of the requests that a Cancel frame came for, or that were abandoned. */
  readonly cancelledIds: readonly string[];
  /** How many tokens a request was given, in all. */
  tokensOf(requestId: string): number;
  /** Requests without an end. */
  readonly running: number;
  /** Changes what the worker says of itself, and tells all who watch. */
  setStatus(change: Partial<Pick<WorkerStatus, 'state'>> & { slotsBusy?: number; queueDepth?: number }): void;
  /** The number of the status that it told last. */
  readonly statusSequence: number;
  /** What it says of its models, and how it answers calls that change them. */
  readonly models: ScriptedModels;
  /** Files of adapters that were put here, by `model:name`. */
  readonly adapterFiles: ReadonlyMap<string, Buffer>;
  /** How changes of adapters are refused from now on. */
  adapterFault: Fault | undefined;
  /** Cuts every session, as a crash does. */
  cutSessions(): void;
  close(): Promise<void>;
};

type ScriptedRuntimeOptions = {
  readonly script: Script;
  readonly models?: readonly string[];
  /** What each of the models is for, by its name; without it, nobody says. */
  readonly tasks?: Readonly<Record<string, readonly string[]>>;
  /** Of each of the models. */
  readonly adapters?: readonly string[];
  /** Port 0, the default, takes a free one. */
  readonly address?: string;
};

/** A worker that speaks real gRPC and answers from a script: for tests of what stands in front of it, and for measuring it. */
export async function startScriptedRuntime(options: ScriptedRuntimeOptions): Promise<ScriptedRuntime> {
  const sessions = new Set<ScriptedSession>();
  const watchers = new Set<StatusStream>();
  const requestIds: string[] = [];
  const cancelledIds: string[] = [];
  const tokens = new Map<string, number>();
  const current: { script: Script; calls: ScriptedCalls; adapterFault: Fault | undefined } = {
    script: options.script,
    calls: plainCalls,
    adapterFault: undefined,
  };
  const adapterFiles = new Map<string, Buffer>();
  const asked = new Map<string, AbortController>();
  /** The signal of a call that can be abandoned, too. */
  const abandonable = (requestId: string, signal: AbortSignal): AbortSignal => {
    requestIds.push(requestId);
    const controller = new AbortController();
    asked.set(requestId, controller);
    return AbortSignal.any([signal, controller.signal]);
  };
  const createdUnixS = 1_700_000_000;
  let status: WorkerStatus = { workerId: 'scripted', state: 'READY', backend: 'cpu', engineVersion: 'scripted' };
  let sequence = 0;
  let load = { slotsBusy: 0, queueDepth: 0 };

  const modelStatus = (name: string): ModelStatus => ({
    name,
    state: status.state ?? 'READY',
    slotsTotal: 8,
    contextTokensMax: 2_048,
    queueLimit: 64,
    createdUnixS,
    tasks: [...(options.tasks?.[name] ?? [])],
    adapters: (options.adapters ?? []).map((adapter) => ({ name: adapter, state: 'AVAILABLE' })),
    ...load,
  });
  const models = new ScriptedModels({ statusOf: modelStatus, onChange: () => tellWatchers() });
  const fullStatus = (): WorkerStatus => ({
    ...status,
    sequence: ++sequence,
    models: (options.models ?? [SCRIPTED_MODEL]).map((name) => models.statusOf(name)),
  });
  const tellWatchers = (): void => {
    for (const watcher of watchers) watcher.write(fullStatus());
  };

  const service: RuntimeService = {
    isServing: () => status.state === 'READY',
    onServingChange: () => () => {},
    session: (stream: SessionStream) => {
      const session = new ScriptedSession(stream, {
        script: (request, run) => current.script(request, run),
        onStart: (requestId) => requestIds.push(requestId),
        onCancel: (requestId) => cancelledIds.push(requestId),
        onEnd: (requestId, completionTokens) => tokens.set(requestId, completionTokens),
      });
      sessions.add(session);
      stream.on('close', () => sessions.delete(session));
    },
    generate: (stream) => stream.end(),
    watchStatus: (stream) => {
      watchers.add(stream);
      stream.write(fullStatus());
      const timer = setInterval(() => stream.write(fullStatus()), Math.max(50, stream.request.intervalMs));
      stream.on('close', () => {
        clearInterval(timer);
        watchers.delete(stream);
      });
    },
    putAdapter: async (upload) => {
      let key = '';
      const parts: Buffer[] = [];
      let isWhole = false;
      for await (const { head, data, isComplete } of upload as AsyncIterable<PutAdapterRequest__Output>) {
        if (head) key = `${head.model}:${head.name}`;
        if (current.adapterFault) throw current.adapterFault;
        if (data) parts.push(data);
        isWhole ||= isComplete === true;
      }
      if (!isWhole) throw new Error('the upload was cut off');
      const file = Buffer.concat(parts);
      adapterFiles.set(key, file);
      return { name: key.slice(key.lastIndexOf(':') + 1), state: 'AVAILABLE', sizeBytes: file.length };
    },
    removeAdapter: ({ model, name }) => {
      if (current.adapterFault) throw current.adapterFault;
      adapterFiles.delete(`${model}:${name}`);
      return { name, state: 'AVAILABLE' };
    },
    embed: (request, signal) => current.calls.embed(request, abandonable(request.requestId, signal)),
    rank: (request, signal) => current.calls.rank(request, abandonable(request.requestId, signal)),
    abandon: ({ requestId }) => {
      cancelledIds.push(requestId);
      asked.get(requestId)?.abort();
      return {};
    },
    tokenize: (request, signal) => current.calls.tokenize(request, signal),
    detokenize: (request, signal) => current.calls.detokenize(request, signal),
    detectWatermark: (request, signal) => current.calls.detectWatermark(request, signal),
    ...models.calls,
    getStatus: fullStatus,
    drain: fullStatus,
  };
  const host = options.address ?? '127.0.0.1:0';
  const server = await startRuntimeServer(host, service);

  return {
    address: `${host.slice(0, host.lastIndexOf(':'))}:${server.port}`,
    get script() {
      return current.script;
    },
    set script(script) {
      current.script = script;
    },
    get calls() {
      return current.calls;
    },
    set calls(calls) {
      current.calls = calls;
    },
    get adapterFault() {
      return current.adapterFault;
    },
    set adapterFault(fault) {
      current.adapterFault = fault;
    },
    get statusSequence() {
      return sequence;
    },
    models,
    adapterFiles,
    requestIds,
    cancelledIds,
    tokensOf: (requestId) => tokens.get(requestId) ?? 0,
    get running() {
      return [...sessions].reduce((sum, session) => sum + session.running, 0);
    },
    setStatus: ({ state, slotsBusy, queueDepth }) => {
      status = { ...status, ...(state === undefined ? {} : { state }) };
      load = { slotsBusy: slotsBusy ?? load.slotsBusy, queueDepth: queueDepth ?? load.queueDepth };
      tellWatchers();
    },
    cutSessions: () => {
      for (const session of sessions) session.cut();
    },
    close: async () => {
      for (const watcher of watchers) watcher.end();
      for (const session of sessions) session.cut();
      await server.close(0);
    },
  };
}
