export type Column = { title: string; align?: 'left' | 'right' };

/** Renders rows as a Markdown table whose columns also line up in a terminal. */
export const renderTable = (columns: readonly Column[], rows: readonly (readonly string[])[]): string => {
  const widths = columns.map(({ title }, i) => Math.max(3, title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const pad = (text: string, i: number) => (columns[i]?.align === 'left' ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0));
  const line = (cells: readonly string[]) => `| ${columns.map((_, i) => pad(cells[i] ?? '', i)).join(' | ')} |`;
  const rule = columns.map(({ align }, i) => (align === 'left' ? '-'.repeat(widths[i] ?? 0) : `${'-'.repeat((widths[i] ?? 1) - 1)}:`));
  return [line(columns.map(({ title }) => title)), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
};

/** A number with three significant figures from 1 to 100 and none after the point above; a dash for a missing one. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return '-';
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
};
