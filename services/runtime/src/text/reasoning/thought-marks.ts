/** What stands before and after a model's thoughts. */
export type ThoughtMarks = { readonly begin: string; readonly end: string };

const KNOWN: readonly ThoughtMarks[] = [
  // DeepSeek R1, Qwen 3, QwQ and most others.
  { begin: '<think>', end: '</think>' },
  // Magistral, Ministral 3.
  { begin: '[THINK]', end: '[/THINK]' },
  { begin: '<seed:think>', end: '</seed:think>' },
];

/** The marks that a chat template knows of, if any. */
export function findThoughtMarks(template: string): ThoughtMarks | undefined {
  return KNOWN.find(({ begin, end }) => template.includes(end) || template.includes(begin));
}

/** For a model whose template does not tell. */
export const USUAL_MARKS: ThoughtMarks = { begin: '<think>', end: '</think>' };
