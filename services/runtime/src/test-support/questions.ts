/** Sixteen different prompts that the demo model answers in a stable way. */
export const QUESTIONS = [
  'Tell me a story about a fox.',
  'What is the capital of France?',
  'What is 3 plus 4?',
  'Tell me a story about a duck.',
  'What is the opposite of hot?',
  'Count to five.',
  'What does a cow say?',
  'My name is Anna. What is my name?',
  'What is the capital of Italy?',
  'What is 9 minus 2?',
  'Tell me a story about a bear and a river.',
  'What is 6 times 7?',
  'Who are you?',
  'What is the capital of Japan?',
  'What is the opposite of big?',
  'Extract the data as JSON: Anna is 31 years old and lives in Rome.',
];
