import type { ProfileStatus__Output } from '@sluice/proto/v1/ProfileStatus';

/** A model's profiles as clients see them: settings under the names that requests use. */
export function toProfileObjects(profiles: readonly ProfileStatus__Output[]) {
  return profiles.map(({ name, description, promptTokensMin, settingsJson }) => {
    const settings: unknown = JSON.parse(settingsJson);
    return { name, description, prompt_tokens_min: promptTokensMin, settings };
  });
}
