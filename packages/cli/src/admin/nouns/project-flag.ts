import { text } from '../flag.ts';

/** The same in every command. */
export const PROJECT = text('PROJECT', 'a project’s name or id');
