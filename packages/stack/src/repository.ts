import { fileURLToPath } from 'node:url';

/** Where this checkout lies; services are started from here. */
export const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
