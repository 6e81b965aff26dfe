import type { Mutant } from "./mutant.ts";

const policy = "src/engine/core/access-policy.ts";
const policyTest = ["test/engine/core/access-policy.test.ts"];
const identity = "src/engine/pipeline/identity.ts";
const identityTest = ["test/engine/pipeline/identity.test.ts"];
const engineTest = ["test/engine/evaluation/identity.test.ts"];

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "first-policy-wins", file: policy, find: "policies.find((one) =>", replace: "policies.findLast((one) =>", tests: policyTest },
  { name: "people-allowed-by-default", file: policy, find: "const denied = policies.length > 0 && PEOPLE.includes(principal.type);", replace: "const denied = false;", tests: policyTest },
  { name: "policies-over-programs", file: policy, find: "? PEOPLE : GOVERNED", replace: "? GOVERNED : GOVERNED", tests: policyTest },
  { name: "session-keys-mixed", file: policy, find: '.replaceAll("%", "%25").replaceAll(":", "%3A")', replace: "", tests: policyTest },
  { name: "guesses-identify", file: "src/engine/store/persons.ts", find: '"l.confidence >= 1"', replace: '"l.confidence >= 0"', tests: ["test/engine/store/persons.test.ts"] },
  { name: "contacts-shared", file: "src/engine/registry/person-registry.ts", find: "if (holder === undefined) return false;", replace: "if (holder === undefined || holder.id !== person?.id) return false;", tests: ["test/engine/registry/person-registry.test.ts"] },
  { name: "identity-always-asks", file: identity, find: "this.#hasContacts = hasContacts(store);", replace: "this.#hasContacts = true;", tests: identityTest },
  { name: "identity-never-refreshed", file: identity, find: "if (generation === this.#generation && store.rollbacks", replace: "if (this.#generation !== -1 && store.rollbacks", tests: identityTest },
  { name: "identity-keeps-undone", file: identity, find: " && store.rollbacks === this.#rollbacks) return;", replace: ") return;", tests: identityTest },
  { name: "denied-is-evaluated", file: "src/engine/pipeline/router.ts", find: "event.suppressed === undefined ?", replace: 'event.suppressed !== "loop_guard" ?', tests: engineTest },
  { name: "standing-not-asked", file: "src/engine/pipeline/intake.ts", find: ", standingOf: this.#identity.standingOf }", replace: " }", tests: engineTest },
  { name: "engine-identity-stale", file: "src/engine/pipeline/intake.ts", find: "    this.#identity.refresh();\n", replace: "", tests: engineTest, filter: "another process adds" },
  { name: "why-forgets-the-person", file: "src/engine/pipeline/why.ts", find: "event, storedPrincipal(event));", replace: 'event, { type: "unknown" });', tests: ["test/engine/pipeline/why.test.ts"] },
  { name: "commands-without-policies", file: "src/cli/commands/events-emit.ts", find: ", standingOf });", replace: " });", tests: ["test/cli/identity.test.ts"], filter: "what a command stores" },
];
