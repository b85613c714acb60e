import { execFile } from 'node:child_process';
import { cp, mkdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { BuildContext } from './build-context.ts';
import { packageManagerEnvironment } from './config.ts';
import { finalStage, instructionsOf, parseDockerfile, readEnv, readExecForm, type Instruction, type Stage } from './dockerfile.ts';

/** An image as far as its own instructions make it: the files it copies and installs, in a folder that stands for its root. */
export type StagedImage = {
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly healthcheck: readonly string[] | undefined;
};

const INSTALL_DEADLINE_MS = 5 * 60_000;
const run = promisify(execFile);

/** Does in `folder` what a builder would do in layers: COPY, ENV, WORKDIR, and those RUNs that are a package manager's. Tells `onSkip` about the others. */
export async function stageImage(options: {
  dockerfile: string;
  context: BuildContext;
  folder: string;
  onSkip: (line: string) => void;
}): Promise<StagedImage> {
  const stages = parseDockerfile(options.dockerfile);
  for (const [i, stage] of stages.entries()) await buildStage(stage, { ...options, stages, root: stageRoot(options.folder, stage, i) });
  const image = finalStage(stages);
  const root = stageRoot(options.folder, image, stages.length - 1);
  const [health] = instructionsOf(image, 'HEALTHCHECK');
  return {
    root,
    workdir: join(root, instructionsOf(image, 'WORKDIR').at(-1)?.rest ?? '/'),
    env: readEnv(image),
    command: readExecForm(instructionsOf(image, 'CMD').at(-1)?.rest ?? ''),
    healthcheck: health && health.rest !== 'NONE' ? readExecForm(health.rest.replace(/^CMD\s+/, '')) : undefined,
  };
}

type Build = {
  readonly context: BuildContext;
  readonly folder: string;
  readonly stages: readonly Stage[];
  readonly root: string;
  readonly onSkip: (line: string) => void;
};

function stageRoot(folder: string, stage: Stage, index: number): string {
  return join(folder, stage.name ?? `stage-${index}`);
}

async function buildStage(stage: Stage, build: Build): Promise<void> {
  await mkdir(join(build.root, 'usr/local/bin'), { recursive: true });
  // All that we need of the node base image; the version is the one that the tests run on.
  if (stage.base.startsWith('node:')) await cp(process.execPath, join(build.root, 'usr/local/bin/node'));
  let workdir = '/';
  for (const instruction of stage.instructions) {
    if (instruction.name === 'WORKDIR') {
      workdir = resolve(workdir, instruction.rest);
      await mkdir(join(build.root, workdir), { recursive: true });
    } else if (instruction.name === 'COPY') await copy(instruction, workdir, build);
    else if (instruction.name === 'RUN') await runStep(instruction, workdir, build);
  }
}

async function copy({ flags, rest }: Instruction, workdir: string, build: Build): Promise<void> {
  const words = rest.split(/\s+/);
  const sources = words.slice(0, -1);
  const target = join(build.root, resolve(workdir, words.at(-1) ?? ''));
  const from = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length);
  for (const source of sources) {
    if (from === undefined)
      await copyFromContext(source, { target, isFolder: sources.length > 1 || rest.endsWith('/'), context: build.context });
    else await copyFromStage(source, { target, from, build });
  }
}

async function copyFromContext(source: string, options: { target: string; isFolder: boolean; context: BuildContext }): Promise<void> {
  const { target, isFolder, context } = options;
  const isFile = (await stat(join(context.root, source))).isFile();
  const files = context.files(source);
  if (files.length === 0) throw new Error(`COPY ${source}: .dockerignore leaves nothing of it`);
  for (const file of files) {
    const place = isFile ? (isFolder ? basename(file) : '') : file.slice(source.length + 1);
    await cp(join(context.root, file), join(target, place), { recursive: true });
  }
}

async function copyFromStage(source: string, options: { target: string; from: string; build: Build }): Promise<void> {
  const { target, from, build } = options;
  const path = join(build.folder, from, source);
  const isFolder = (await stat(path)).isDirectory();
  await mkdir(isFolder ? target : join(target, '..'), { recursive: true });
  // As an image layer would: links stay links, and what is there already is joined.
  await run('cp', ['--archive', '--link', isFolder ? `${path}/.` : path, target]);
}

async function runStep({ rest }: Instruction, workdir: string, build: Build): Promise<void> {
  if (!/^(\w+=\S+ )*(npm|pnpm) /.test(rest)) {
    build.onSkip(`RUN ${rest}`);
    return;
  }
  await run('sh', ['-c', rest], {
    cwd: join(build.root, workdir),
    env: packageManagerEnvironment(join(build.root, 'usr/local')),
    timeout: INSTALL_DEADLINE_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
}
