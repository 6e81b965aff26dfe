import { NexusError } from "../core/errors.ts";
import { shellWord } from "../core/shell-word.ts";
import type { Branch } from "../core/ref.ts";
import { branchBy, listBranches } from "../store/branches.ts";
import { nearest } from "../core/nearest.ts";
import type { Store } from "../store/open.ts";
import { checkRefName } from "./ref-names.ts";

/** `{prefix}/{name}`: the last word is the name. Throws REF_NAME_INVALID. */
export function branchName(given: string): Pick<Branch, "prefix" | "name"> {
  const words = checkRefName(given, "the name of a branch").split("/");
  const name = words.pop() ?? "";
  if (words.length === 0) throw new NexusError("REF_NAME_INVALID", `the name of a branch is ${JSON.stringify(given)}: expected {prefix}/{name}`, { hint: "such as agent/HEAD, whose refs are agent/human/HEAD, agent/persona/HEAD and agent/world/HEAD" });
  return { prefix: words.join("/"), name };
}

/** Throws BRANCH_NOT_FOUND. */
export function findBranch(store: Store, given: string): Branch {
  const { prefix, name } = branchName(given);
  const branch = branchBy(store, prefix, name);
  if (branch !== undefined) return branch;
  const known = listBranches(store, "", 1_000).map((one) => `${one.prefix}/${one.name}`);
  throw new NexusError("BRANCH_NOT_FOUND", `there is no branch ${JSON.stringify(given)}`, { did_you_mean: nearest(given, known), next: ["nexus branches list"] });
}

/** A name that no branch has. Throws BRANCH_EXISTS. */
export function newBranchName(store: Store, given: string): Pick<Branch, "prefix" | "name"> {
  const named = branchName(given);
  if (branchBy(store, named.prefix, named.name) !== undefined) throw new NexusError("BRANCH_EXISTS", `the branch ${given} exists already`, { next: [`nexus branches show ${shellWord(given)}`] });
  return named;
}
