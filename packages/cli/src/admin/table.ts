import { fitText, printable, textWidth } from './text-width.ts';

export type Column<Row> = {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly align?: 'right';
  /** May be cut where the terminal is too narrow. */
  readonly isElastic?: true;
  /** Left out where that is not enough, the last one first. */
  readonly isOptional?: true;
};

type TableOptions<Row> = {
  /** Columns of the terminal; undefined where nobody looks. */
  readonly width?: number | undefined;
  /** A last row, apart from the others. */
  readonly total?: Row | undefined;
};

/** A column with what stands in it. */
type Laid = Pick<Column<never>, 'title' | 'align' | 'isElastic' | 'isOptional'> & {
  readonly cells: readonly string[];
  readonly width: number;
};

const GAP = '  ';
/** A name that is cut to less says too little. */
const ELASTIC_MIN = 16;

/** Rows under short headings, every column as wide as what stands in it. Ends in a line break. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width = Infinity, total }: TableOptions<Row> = {},
): string {
  const all = total === undefined ? rows : [...rows, total];
  const laid = fit(
    columns.map((column) => layOut(column, all)),
    width,
  );
  const toLine = (cellOf: (column: Laid) => string): string =>
    `${laid
      .map((column) => pad(fitText(cellOf(column), column.width), column.width, column.align))
      .join(GAP)
      .trimEnd()}\n`;
  const lines = all.map((_, at) => toLine(({ cells }) => cells[at] ?? ''));
  const rule = toLine(({ title, width: columnWidth }) => (title === '' ? '' : '─'.repeat(columnWidth)));
  if (total !== undefined) lines.splice(rows.length, 0, rule);
  return [toLine(({ title }) => title), ...lines].join('');
}

/** "name   value" lines, the names in one column. */
export function renderFacts(facts: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...facts.map(([name]) => textWidth(name)));
  return facts.map(([name, value]) => `${pad(name, width)}${GAP}${printable(value)}\n`).join('');
}

function layOut<Row>({ cell, ...column }: Column<Row>, rows: readonly Row[]): Laid {
  const cells = rows.map((row) => printable(cell(row)));
  return { ...column, cells, width: Math.max(textWidth(column.title), ...cells.map(textWidth)) };
}

function fit(columns: readonly Laid[], width: number): readonly Laid[] {
  const squeezed = squeeze(columns, width);
  const dispensable = columns.findLastIndex(({ isOptional }) => isOptional);
  return widthOf(squeezed) <= width || dispensable === -1 ? squeezed : fit(columns.toSpliced(dispensable, 1), width);
}

/** Takes what is too much from the elastic columns, always from the widest. */
function squeeze(columns: readonly Laid[], width: number): readonly Laid[] {
  const squeezed = [...columns];
  for (let excess = widthOf(columns) - width; excess > 0; excess -= 1) {
    const [widest] = squeezed.filter((column) => column.isElastic).toSorted((a, b) => b.width - a.width);
    if (!widest || widest.width <= ELASTIC_MIN) break;
    squeezed[squeezed.indexOf(widest)] = { ...widest, width: widest.width - 1 };
  }
  return squeezed;
}

function widthOf(columns: readonly Laid[]): number {
  return columns.reduce((sum, { width }) => sum + width, GAP.length * (columns.length - 1));
}

function pad(text: string, width: number, align?: 'right'): string {
  const spaces = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'right' ? spaces + text : text + spaces;
}
