import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { renderErrorsPage } from './errors-page.ts';

test('docs/errors.md says what the table of codes says', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  expect(page).toBe(renderErrorsPage());
});
