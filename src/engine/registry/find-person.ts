import { NexusError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import type { Person } from "../core/person.ts";
import { listPersons, personBySlug, personsMatching } from "../store/persons.ts";
import type { Store } from "../store/open.ts";

/**
 * The person that is meant: by slug, id, a unique prefix of the id (with or without `prs_`), or a name that only one
 * has. Throws PERSON_NOT_FOUND with the nearest slugs, or PERSON_AMBIGUOUS with the candidates.
 */
export function findPerson(store: Store, given: string): Person {
  const found = candidates(store, given);
  const [first, second] = found;
  if (first === undefined) throw notFound(store, given);
  if (second === undefined) return first;
  throw new NexusError("PERSON_AMBIGUOUS", `${JSON.stringify(given)} fits several persons: ${found.map(({ slug, id }) => `${slug} (${id})`).join(", ")}`, {
    hint: "give the slug, or more of the id",
    did_you_mean: found.map(({ slug }) => slug),
  });
}

function candidates(store: Store, given: string): Person[] {
  const bySlug = personBySlug(store, given);
  if (bySlug !== undefined) return [bySlug];
  const rest = given.replace(/^prs_/, "").toUpperCase();
  return rest === "" ? [] : personsMatching(store, `prs_${rest}`, given);
}

function notFound(store: Store, given: string): NexusError {
  const persons = listPersons(store);
  const near = nearest(given, persons.flatMap(({ slug, canonical_name }) => [slug, canonical_name]));
  const slugs = [...new Set(persons.filter(({ slug, canonical_name }) => near.includes(slug) || near.includes(canonical_name)).map(({ slug }) => slug))];
  return new NexusError("PERSON_NOT_FOUND", `no person is called ${JSON.stringify(given)}`, {
    ...(slugs.length === 0 ? {} : { did_you_mean: slugs.slice(0, 3) }),
    next: persons.length === 0 ? ["nexus identity add NAME --contact CHANNEL:VALUE"] : ["nexus identity list"],
  });
}
