import type { Principal } from "./event.ts";

export const PERSON_TYPES = ["owner", "known"] as const;
export type PersonType = (typeof PERSON_TYPES)[number];

/** Somebody whom the user told nexus about. Names need not be unique; slugs are. */
export interface Person {
  readonly id: string;
  readonly slug: string;
  readonly canonical_name: string;
  readonly type: PersonType;
  /** The user's word for it: `family`, `colleague`, ... */
  readonly relationship?: string;
  readonly contacts: readonly PersonContact[];
}

/** A sender on a channel, exactly as the events name them: `channel` is `contact_type`, `sender_id` is `value`. */
export interface Contact {
  readonly contact_type: string;
  readonly value: string;
}

export interface PersonContact extends Contact {
  /** 0 to 1. Only 1 identifies: what is less certain is a guess that somebody may confirm. */
  readonly confidence: number;
}

/** As whom the person's events are evaluated. */
export function principalOfPerson({ id, canonical_name, type, relationship }: Person): Principal {
  return { type, name: canonical_name, ...(relationship === undefined ? {} : { relationship }), entity_id: id };
}

export function contactText({ contact_type, value }: Contact): string {
  return `${contact_type}:${value}`;
}
