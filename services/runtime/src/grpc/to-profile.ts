import { Fault } from '@sluice/platform/fault';
import { AUTO, chooseProfile, type Profile } from '../models/profile.ts';
import type { Outlet } from '../scheduler/generation.ts';

/** The model's profile that a request asks for by name, or by its prompt's length with "auto". Throws INVALID_VALUE, which lists the known ones. */
export function toProfile(asked: string, profiles: readonly Profile[], promptTokens: number): Profile | undefined {
  if (asked === '') return undefined;
  if (asked === AUTO || profiles.some(({ name }) => name === asked)) return chooseProfile(profiles, asked, promptTokens);
  const names = [...new Set(profiles.map(({ name }) => name))];
  const known = names.length === 0 ? 'this model has no profiles' : `this model has ${[...names, AUTO].join(', ')}`;
  throw new Fault('INVALID_VALUE', { message: `Invalid value for 'profile': ${known}.`, param: 'profile' });
}

/** The same outlet, which says at the start and at the end which profile filled in what was unset. */
export function namingProfile(outlet: Outlet, profile: Profile | undefined): Outlet {
  if (!profile) return outlet;
  return {
    emit: (event) => outlet.emit(event.kind === 'started' || event.kind === 'finished' ? { ...event, profile: profile.name } : event),
    flush: (step) => outlet.flush(step),
  };
}
