import { expect, test } from '@jest/globals';
import { renderFacts, renderTable, type Column } from './table.ts';

type Row = { readonly name: string; readonly count: number };

const NAME: Column<Row> = { title: 'NAME', cell: ({ name }) => name };
const COUNT: Column<Row> = { title: 'COUNT', align: 'right', cell: ({ count }) => String(count) };
const ROWS: readonly Row[] = [
  { name: 'short', count: 7 },
  { name: 'somewhat longer', count: 12_345 },
];

test('puts columns under each other, numbers to the right, without spaces at the ends of lines', () => {
  expect(renderTable(ROWS, [COUNT, NAME])).toBe(['COUNT  NAME', '    7  short', '12345  somewhat longer', ''].join('\n'));
});

test('sets the total apart', () => {
  const lines = renderTable(ROWS, [NAME, COUNT], { total: { name: 'total', count: 12_352 } }).split('\n');
  expect(lines.slice(-3)).toEqual(['───────────────  ─────', 'total            12352', '']);
});

test('counts wide letters and pictures as two columns', () => {
  const rows = [
    { name: '漢字', count: 1 },
    { name: 'Zoë', count: 2 },
    { name: '🦊', count: 3 },
  ];
  expect(renderTable(rows, [NAME, COUNT])).toBe(['NAME  COUNT', '漢字      1', 'Zoë       2', '🦊        3', ''].join('\n'));
});

test('cuts elastic columns where the terminal is narrow', () => {
  const rows = [{ name: 'a name that is much too long', count: 1 }];
  const lines = renderTable(rows, [{ ...NAME, isElastic: true }, COUNT], { width: 25 }).split('\n');
  expect(lines[1]).toBe('a name that is mu…      1');
});

test('leaves optional columns out, the last first, before it cuts a name to nothing', () => {
  const rows = [{ name: 'a name that is much too long', count: 1 }];
  const optional: Column<Row>[] = [
    { ...NAME, isElastic: true },
    { ...COUNT, title: 'A COUNT', isOptional: true },
    { ...COUNT, title: 'ANOTHER COUNT', isOptional: true },
  ];
  expect(renderTable(rows, optional, { width: 28 }).split('\n')[0]).toBe('NAME                 A COUNT');
});

test('shows no character that would move the cursor or turn the text around', () => {
  const rows = [{ name: '\u001B[2J\nboo\u202E', count: 1 }];
  expect(renderTable(rows, [NAME])).toBe('NAME\n�[2J�boo�\n');
  expect(renderFacts([['name', '\u001B]0;title\u0007']])).toBe('name  �]0;title�\n');
});
