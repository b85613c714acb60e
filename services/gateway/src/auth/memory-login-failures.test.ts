import { loginFailuresContract } from './login-failures.contract.ts';
import { createMemoryLoginFailures } from './memory-login-failures.ts';

loginFailuresContract('failed logins in memory', createMemoryLoginFailures);
