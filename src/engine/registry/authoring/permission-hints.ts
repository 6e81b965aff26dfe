import { existsSync } from "node:fs";
import type { Finding } from "../../core/errors.ts";
import type { HookPermissions } from "../../core/hook-permissions.ts";
import { expandHome } from "../../runtime/sandbox/touches-home.ts";

/** What a permission is recognised by in a bundle. It reads text, not meaning: a hint, which can be wrong both ways. */
const SIGNS: readonly { readonly kind: keyof HookPermissions; readonly pattern: RegExp; readonly does: string }[] = [
  { kind: "net", pattern: /(?<![\w.$])fetch\s*\(|new\s+WebSocket\s*\(|\bBun\.(?:connect|listen|serve|udpSocket)\s*\(|["'](?:node:)?(?:http|https|http2|net|tls|dgram)["']/, does: "uses the network" },
  { kind: "write", pattern: /\bBun\.write\s*\(|\b(?:writeFile|appendFile|copyFile|mkdir|unlink|rmdir|rename|symlink|truncate)(?:Sync)?\s*\(|\bcreateWriteStream\s*\(|\brmSync\s*\(/, does: "writes files (its own TMPDIR needs no permission)" },
  { kind: "run", pattern: /\bBun\.spawn(?:Sync)?\s*\(|\bBun\.\$|["'](?:node:)?child_process["']/, does: "starts programs" },
];

/** Warnings for what a bundle seems to do and its hook does not declare; under a sandbox that will be denied. */
export function permissionHints(scriptPath: string, bundle: string, permissions: HookPermissions | undefined): Finding[] {
  const missing = (["read", "write"] as const).flatMap((kind) => (permissions?.[kind] ?? []).filter((path) => !existsSync(expandHome(path))).map((path) => ({ kind, path })));
  const absent = missing.map(({ kind, path }): Finding => {
    const message = `\`permissions.${kind}\` names ${JSON.stringify(path)}, which does not exist; a right sticks to what is there when an evaluator starts: name its folder`;
    return { code: PERMISSION_HINT, message, file: scriptPath };
  });
  const code = bundle.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "");
  const undeclared = SIGNS.flatMap(({ kind, pattern, does }) => {
    const found = pattern.exec(code)?.[0];
    if (found === undefined || (permissions?.[kind]?.length ?? 0) > 0) return [];
    const message = `it seems that the hook ${does}: ${JSON.stringify(found.trim())}; without \`permissions.${kind}\` the sandbox denies that (a hint: only the text was looked at)`;
    return [{ code: PERMISSION_HINT, message, file: scriptPath }];
  });
  return [...absent, ...undeclared];
}

export const PERMISSION_HINT = "PERMISSION_HINT";
