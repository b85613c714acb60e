const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const WIDTH = 16;

/** A share of a whole as a bar, to an eighth of a column; what is more than nothing shows. */
export function renderBar(part: number, whole: number): string {
  if (part <= 0 || whole <= 0) return '';
  const eighths = Math.max(1, Math.round((Math.min(part, whole) / whole) * WIDTH * EIGHTHS.length));
  return '█'.repeat(Math.floor(eighths / EIGHTHS.length)) + (EIGHTHS[eighths % EIGHTHS.length] ?? '');
}
