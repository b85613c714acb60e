import { describe, expect, test } from '@jest/globals';
import { namingProfile, toProfile } from '../grpc/to-profile.ts';
import type { GenerationEvent } from '../scheduler/generation.ts';
import { chooseProfile, type Profile } from './profile.ts';

const profile = (name: string, promptTokensMin: number, temperature: number): Profile => ({
  name,
  description: '',
  promptTokensMin,
  settings: { temperature },
});

const PROFILES = [profile('exact', 0, 0), profile('prose', 100, 0.7), profile('prose', 1_000, 0.5), profile('long', 500, 0.2)];

describe('a profile', () => {
  test.each([
    ['exact', 5_000, 0],
    ['prose', 50, 0.7],
    ['prose', 999, 0.7],
    ['prose', 1_000, 0.5],
    ['long', 1, 0.2],
    ['auto', 99, 0],
    ['auto', 100, 0.7],
    ['auto', 999, 0.2],
    ['auto', 1_000, 0.5],
  ])('asked for as %s for a prompt of %i tokens has the entry for that length', (asked, promptTokens, temperature) => {
    expect(chooseProfile(PROFILES, asked, promptTokens)?.settings).toEqual({ temperature });
  });

  test('is none where nothing is asked for, or nothing suits', () => {
    expect(toProfile('', PROFILES, 5)).toBeUndefined();
    expect(toProfile('auto', [profile('long', 500, 0)], 5)).toBeUndefined();
    expect(toProfile('auto', [], 5)).toBeUndefined();
  });

  test('that is not known is refused with those that are', () => {
    expect(() => toProfile('fast', PROFILES, 5)).toThrow("Invalid value for 'profile': this model has exact, prose, long, auto.");
    expect(() => toProfile('fast', [], 5)).toThrow('this model has no profiles');
  });

  test('is named at the end, and only there', () => {
    const events: GenerationEvent[] = [];
    const outlet = namingProfile({ emit: (event) => void events.push(event), flush() {} }, PROFILES[1]);
    outlet.emit({ kind: 'queued', position: 1 });
    const usage = { promptTokens: 1, cachedTokens: 0, completionTokens: 1 };
    const timings = { queuedMs: 0, prefillMs: 0, decodeMs: 0, firstTokenMs: 0 };
    outlet.emit({ kind: 'finished', reason: 'EOS', stopMatch: '', usage, timings, seed: 1 });
    expect(events).toMatchObject([{ kind: 'queued' }, { kind: 'finished', profile: 'prose' }]);
    expect(events[0]).not.toHaveProperty('profile');
  });
});
