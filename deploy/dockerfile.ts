/** One instruction, its continuation lines joined: `COPY --from=build /app ./`. */
export type Instruction = { readonly name: string; readonly flags: readonly string[]; readonly rest: string };

/** What one FROM opens. `name` is what `--from` and later FROMs call it. */
export type Stage = { readonly base: string; readonly name: string | undefined; readonly instructions: readonly Instruction[] };

/** Reads the stages of a Dockerfile. Knows what our Dockerfiles use: no heredocs, no escape directive, no ARG before FROM. */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of logicalLines(text)) {
    const instruction = parseInstruction(line);
    const stage = stages.at(-1);
    if (instruction.name === 'FROM') {
      const [base = '', , name] = instruction.rest.split(/\s+/);
      stages.push({ base, name, instructions: [] });
    } else if (stage) stage.instructions.push(instruction);
    else throw new Error(`${instruction.name} before the first FROM`);
  }
  return stages;
}

/** The stage that becomes the image. */
export function finalStage(stages: readonly Stage[]): Stage {
  const stage = stages.at(-1);
  if (!stage) throw new Error('a Dockerfile without a FROM');
  return stage;
}

/** All instructions of that name, in order. */
export function instructionsOf(stage: Stage, name: string): readonly Instruction[] {
  return stage.instructions.filter((instruction) => instruction.name === name);
}

/** `A=1 B=2` of an ENV. */
export function readEnv(stage: Stage): Record<string, string> {
  const words = instructionsOf(stage, 'ENV').flatMap(({ rest }) => rest.split(/\s+/));
  return Object.fromEntries(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
}

/** The words of an exec form (`["node", "x.ts"]`). Throws for the shell form, which would put a shell between us and the signals. */
export function readExecForm(rest: string): readonly string[] {
  const words: unknown = JSON.parse(rest);
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string')) throw new Error(`not an exec form: ${rest}`);
  return words;
}

function logicalLines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
}

function parseInstruction(line: string): Instruction {
  const [name = '', ...words] = line.trim().split(/\s+/);
  const flags = words.slice(
    0,
    words.findIndex((word) => !word.startsWith('--')),
  );
  return {
    name: name.toUpperCase(),
    flags,
    rest: line
      .trim()
      .slice([name, ...flags].join(' ').length)
      .trim(),
  };
}
