/** What an action acts on. */
export const SUBJECTS = ["hook", "event", "invocation", "dispatch", "delivery", "session", "source", "ref", "ref_hook", "branch", "webhook", "run"] as const;
export type SubjectKind = (typeof SUBJECTS)[number];

export interface Subject {
  readonly kind: SubjectKind;
  readonly id: string;
  /** How commands name it, when not by its id. */
  readonly name?: string;
  readonly status?: string;
  /** More that a command needs, by the action's own knowledge: the version before, the event of an invocation. */
  readonly facts?: Readonly<Record<string, string | undefined>>;
}

/** How commands name it. */
export function nameOf({ id, name }: Subject): string {
  return name ?? id;
}
