/** What tests hash keys under. A gateway in production refuses it. */
export const PEPPER = 'a pepper for tests, long enough to be one';
