import { isJsonObject } from './tools/json-scanner.ts';

/** A tool as bare as OpenAI's API allows. */
export const BARE_TOOL = {
  type: 'function',
  function: { name: 'probe', parameters: { type: 'object', properties: { value: { type: 'string' } } } },
};

/** The same tool with a description of everything: some templates trim what is not there. */
export function describeAll(tool: object): object {
  const definition: unknown = Reflect.get(tool, 'function');
  if (!isJsonObject(definition)) return tool;
  const { parameters } = definition;
  return { ...tool, function: { description: '', ...definition, parameters: withDescriptions(parameters) } };
}

function withDescriptions(schema: unknown): unknown {
  if (!isJsonObject(schema) || !isJsonObject(schema['properties'])) return schema;
  const properties = Object.entries(schema['properties']).map(([name, property]) => [
    name,
    isJsonObject(property) ? { description: '', ...property } : property,
  ]);
  return { ...schema, properties: Object.fromEntries(properties) as Record<string, unknown> };
}
