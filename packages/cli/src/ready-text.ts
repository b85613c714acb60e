import type { StackInfo } from '@sluice/stack/stack-state';

/** What a person needs next: where it is, with what key, a first request to paste, and how to stop. */
export function readyText(info: StackInfo, options: { command: string; stop: string }): string {
  const { command, stop } = options;
  const width = command.length + ' status'.length + 3;
  return `
  Base URL  ${info.baseUrl}
  API key   ${info.apiKey}
  Model     ${info.model}

Try it:

  curl ${info.baseUrl}/chat/completions \\
    -H "Authorization: Bearer ${info.apiKey}" \\
    -H "Content-Type: application/json" \\
    -d '{"model": "${info.model}", "stream": true, "messages": [{"role": "user", "content": "Tell me a story about a fox."}]}'

  ${`${command} chat`.padEnd(width)}talk to it here
  ${`${command} admin`.padEnd(width)}projects, users, keys, limits, usage and costs
  ${`${command} logs`.padEnd(width)}what the services say
  ${stop.padEnd(width)}stop everything; data stays in ${info.home}
`;
}
