/** How a model writes tool calls, where its file should not be trusted to tell. */
export const TOOL_FORMATS = ['hermes', 'llama3', 'mistral', 'deepseek', 'phi', 'functionary', 'gpt-oss', 'none'] as const;
export type ToolFormat = (typeof TOOL_FORMATS)[number];

/** How a model marks what it thinks before it answers. */
export const REASONING_FORMATS = ['think', 'gpt-oss', 'none'] as const;
export type ReasoningFormat = (typeof REASONING_FORMATS)[number];

/** What a model is for. */
export const TASKS = ['generate', 'embed', 'rank'] as const;
export type Task = (typeof TASKS)[number];
