import type { AccessDecision, AccessPolicy } from "../core/access-policy.ts";
import { accessMismatch, decideAccess } from "../core/access-policy.ts";
import type { Access, NewEvent, Principal, Standing } from "../core/event.ts";
import { namesPrincipal, principalOf } from "../core/event.ts";
import type { Mismatch } from "../core/mismatch.ts";
import { principalOfPerson } from "../core/person.ts";
import { hasContacts, identityGeneration, personOfContact } from "../store/persons.ts";
import type { Store } from "../store/open.ts";

/** Senders that are remembered, known ones and others; more are forgotten at once and asked for again. */
const MOST = 20_000;

export interface IdentityParts {
  readonly store: Store;
  /** Settings `[[access]]`, in order. */
  readonly policies: readonly AccessPolicy[];
  /** Setting `persona`. */
  readonly persona: string;
}

/** What happens to an event, and by which rule. */
export interface Explanation extends AccessDecision {
  readonly principal: Principal;
  /** The policies up to the one that decided, and why those before it did not. */
  readonly asked: readonly { readonly policy: AccessPolicy; readonly mismatch?: Mismatch }[];
}

/**
 * Says who an event comes from and what that may: sender → contact → person → principal → policy. It is asked once, by
 * the process that stores the event, in the transaction that stores it. Without persons and policies it costs nothing.
 */
export class Identity {
  readonly #parts: IdentityParts;
  /** `channel`, newline, sender → the person's principal; undefined for nobody's contact. */
  readonly #principals = new Map<string, Principal | undefined>();
  #generation = -1;
  #rollbacks = 0;
  #hasContacts = false;

  constructor(parts: IdentityParts) {
    this.#parts = parts;
    this.refresh();
  }

  /** First in a transaction: persons may have changed, or what was learnt of them was undone. */
  refresh(): void {
    const { store } = this.#parts;
    const generation = identityGeneration(store);
    if (generation === this.#generation && store.rollbacks === this.#rollbacks) return;
    this.#generation = generation;
    this.#rollbacks = store.rollbacks;
    this.#principals.clear();
    this.#hasContacts = hasContacts(store);
  }

  /** What is to be stored with an event; undefined where there is nothing to say. */
  readonly standingOf = (event: NewEvent): Standing | undefined => {
    const { policies, persona } = this.#parts;
    if (policies.length === 0 && !this.#hasContacts) return undefined;
    const person = this.#personOf(event);
    const { effect, policy, permissions, session } = decideAccess(policies, person ?? principalOf(event), event, persona);
    const access: Access | undefined = policy && {
      policy: policy.name,
      ...(policy.permissions === undefined ? {} : { permissions }),
      ...(policy.session === undefined && policy.persona === undefined ? {} : { session }),
      ...(policy.trusted === true ? { trusted: true } : {}),
    };
    const denied = effect === "deny";
    if (!denied && person === undefined && access === undefined) return undefined;
    return { denied, ...(person === undefined ? {} : { principal: person }), ...(access === undefined ? {} : { access }) };
  };

  explain(event: NewEvent): Explanation {
    const { policies, persona } = this.#parts;
    const principal = this.#personOf(event) ?? principalOf(event);
    const decision = decideAccess(policies, principal, event, persona);
    const until = decision.policy === undefined ? policies.length : policies.indexOf(decision.policy) + 1;
    const asked = policies.slice(0, until).map((policy) => {
      const mismatch = accessMismatch(policy, principal, event);
      return { policy, ...(mismatch === undefined ? {} : { mismatch }) };
    });
    return { ...decision, principal, asked };
  }

  /** Only senders whom nothing else names are looked up: a webhook is nobody's contact. */
  #personOf(event: NewEvent): Principal | undefined {
    const { channel, sender_id } = event;
    if (!this.#hasContacts || sender_id === undefined || namesPrincipal(channel)) return undefined;
    const key = `${channel}\n${sender_id}`;
    if (this.#principals.has(key)) return this.#principals.get(key);
    const person = personOfContact(this.#parts.store, { contact_type: channel, value: sender_id });
    const principal = person && principalOfPerson(person);
    if (this.#principals.size >= MOST) this.#principals.clear();
    this.#principals.set(key, principal);
    return principal;
  }
}
