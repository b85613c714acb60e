import { Fault } from '@sluice/platform/fault';
import { isJsonObject } from './json-scanner.ts';

/** A function that the model may call. */
export type Tool = {
  readonly name: string;
  readonly description: string | undefined;
  /** The JSON schema of its arguments. */
  readonly parameters: unknown;
  /** Where that stands in the request. */
  readonly param: string;
};

const NO_PARAMETERS = { type: 'object', properties: {} };

/** Tools in OpenAI's form. Throws a Fault that names what is wrong. */
export function readTools(tools: unknown): Tool[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) throw invalid('INVALID_TYPE', 'tools', 'must be an array');
  const names = new Set<string>();
  return tools.map((tool: unknown, i) => {
    const at = `tools[${i}]`;
    if (!isJsonObject(tool)) throw invalid('INVALID_TYPE', at, 'must be an object');
    if (tool['type'] !== 'function') throw invalid('UNSUPPORTED_VALUE', `${at}.type`, 'must be `function`');
    const definition = tool['function'];
    if (!isJsonObject(definition)) throw invalid('INVALID_TYPE', `${at}.function`, 'must be an object');
    const { name, description, parameters } = definition;
    if (typeof name !== 'string' || name === '') throw invalid('INVALID_TYPE', `${at}.function.name`, 'must be a name');
    if (names.has(name)) throw invalid('INVALID_VALUE', `${at}.function.name`, `must be another than \`${name}\`, which is taken`);
    names.add(name);
    if (!allowsObjects(parameters)) throw invalid('INVALID_VALUE', `${at}.function.parameters.type`, 'must be `object`');
    return {
      name,
      description: typeof description === 'string' ? description : undefined,
      parameters: parameters ?? NO_PARAMETERS,
      param: `${at}.function.parameters`,
    };
  });
}

/** Arguments are an object, whatever a schema says or leaves open. */
function allowsObjects(parameters: unknown): boolean {
  if (!isJsonObject(parameters)) return true;
  const { type = 'object' } = parameters;
  return type === 'object' || (Array.isArray(type) && type.includes('object'));
}

/** As templates read them. */
export function toTemplateTool({ name, description, parameters }: Tool): object {
  return { type: 'function', function: { name, ...(description === undefined ? undefined : { description }), parameters } };
}

function invalid(code: 'INVALID_TYPE' | 'INVALID_VALUE' | 'UNSUPPORTED_VALUE', param: string, must: string): Fault {
  return new Fault(code, { message: `\`${param}\` ${must}.`, param });
}
