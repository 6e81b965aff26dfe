import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { SandboxPolicy } from "./policy.ts";
import { allows } from "./policy.ts";
import type { Mechanism } from "./probe-mechanism.ts";

const REFUSED = /\b(?:EACCES|EPERM|EROFS)\b|permission denied|not permitted|read-only file system/i;
const MISSING = /\bENOENT\b|no such file/i;
const NETWORK = /\b(?:connect|socket|fetch|dns|getaddrinfo|listen|url or port)\b|ConnectionRefused|FailedToOpenSocket/i;
const STARTS = /spawn|execve|executable not found/i;
const WRITES = /\b(?:mkdir|mkdtemp|unlink|rmdir|rm|rename|symlink|link|truncate|ftruncate|copyfile|write|lchown)\b/i;
const OWNERS = /\b(?:f?chmod|f?chown|setxattr)\b/i;

/**
 * What to add to the message of an error that the sandbox may have caused; undefined where it did not, or where that
 * cannot be known. Bun names the call and the path: `EACCES: permission denied, open '/x'`.
 */
export function explainDenial(message: string, policy: SandboxPolicy, mechanism: Mechanism): string | undefined {
  const path = /'(\/[^']*)'/.exec(message)?.[1];
  const refused = REFUSED.test(message);
  if (path === undefined || path === "") {
    if (policy.net !== "all" && NETWORK.test(message)) return networkDenial(policy);
    return refused && STARTS.test(message) ? "the sandbox does not let this hook start programs; declare permissions.run" : undefined;
  }
  // What bubblewrap hides looks as if it were not there.
  const hidden = mechanism === "bubblewrap" && MISSING.test(message) && existsSync(dirname(path));
  if (!refused && !hidden) return undefined;
  if (STARTS.test(message)) return allows(policy, path, "run") ? undefined : `the sandbox does not let this hook start ${path}; declare permissions.run`;
  if (OWNERS.test(message)) return "the sandbox lets no hook change owners, modes or attributes of files";
  if (!allows(policy, path, "read")) {
    if (WRITES.test(message)) return `the sandbox does not let this hook write ${path}; declare permissions.write`;
    return `the sandbox does not let this hook open ${path}; declare permissions.read, or permissions.write to write there`;
  }
  return allows(policy, path, "write") ? undefined : `the sandbox does not let this hook write ${path}; declare permissions.write`;
}

function networkDenial({ net }: SandboxPolicy): string {
  if (net === "none") return "the sandbox gives this hook no network; declare permissions.net";
  return `the sandbox lets this hook connect only to port ${Array.isArray(net) ? net.join(", ") : String(net)}; see permissions.net`;
}
