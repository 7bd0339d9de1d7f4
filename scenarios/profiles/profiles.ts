// The profiles by name.
import { heavy } from './heavy.ts';
import { light } from './light.ts';
import { medium } from './medium.ts';
import type { Profile } from './profile.ts';
import { storm } from './storm.ts';

/** The profile of a run that names none. */
export const DEFAULT_PROFILE = 'light';

export const PROFILES: Readonly<Record<string, Profile>> = Object.freeze({ storm, light, medium, heavy });
