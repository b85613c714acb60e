import { expect, test } from '@jest/globals';
import { connectionDanger } from './connection-danger.ts';

test.each([
  'redis://localhost:6379',
  'redis://127.0.0.1:6379/3',
  'redis://[::1]:6379',
  'postgresql://sluice@localhost/sluice',
  'postgresql:///sluice?host=/var/run/postgresql',
  'postgresql://sluice@db.internal/sluice?sslcert=/run/client.pem&sslkey=/run/client.key',
  'redis://:3f9c1b7a5d2e4860@redis:6379',
  'postgresql://postgres:3f9c1b7a5d2e4860@10.0.0.5:5432/sluice',
])('is not in %s', (url) => {
  expect(connectionDanger(url)).toBeUndefined();
});

test.each([
  ['redis://redis:6379', 'must have a password'],
  ['redis://default@10.0.0.5:6379', 'must have a password'],
  ['rediss://cache.example.com', 'must have a password'],
  ['postgresql://sluice@db.internal/sluice', 'must have a password'],
  ['postgresql://postgres:postgres@db.internal/sluice', 'well-known'],
  ['redis://:ChangeMe@redis:6379', 'well-known'],
  ['postgresql://sluice@localhost.example.com/sluice', 'must have a password'],
])('is in %s', (url, message) => {
  expect(connectionDanger(url)).toContain(message);
});
