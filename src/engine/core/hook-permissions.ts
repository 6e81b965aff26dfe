import { z } from "zod";

/**
 * What a hook's script may reach beyond its event, its database and its own scratch folder. What is not declared is
 * denied wherever a sandbox is enforced (`docs/permissions.md`).
 */
export interface HookPermissions {
  /** Files, and folders with all in them: absolute, or `~/` for the home of the daemon's user. */
  readonly read?: readonly string[];
  /** The same, for writing; what may be written may be read. */
  readonly write?: readonly string[];
  /** `*`, or TCP ports to connect to: `:443`. */
  readonly net?: readonly string[];
  /** Programs that may be started; absolute once the hook is registered. */
  readonly run?: readonly string[];
}

const ENTRIES = 32;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const PATH = 'expected an absolute path, or one that begins with "~/"';
const NET = 'expected "*" or a TCP port such as ":443"; a host name cannot be enforced, because the kernel sees addresses and not names';
const PROGRAM = "expected an absolute path, or the name of a program without a slash";

function some(item: z.ZodType<string>) {
  const list = z.array(item, "expected a value or a list of values").min(1, "expected at least one value").max(ENTRIES, `expected at most ${ENTRIES} values`);
  return z.union([item, list]).transform((value): string[] => [...new Set(Array.isArray(value) ? value : [value])].sort());
}

const path = z
  .string(PATH)
  .max(1_024, PATH)
  .refine((value) => /^(?:\/|~\/)/.test(value) && !CONTROL.test(value), PATH)
  .transform(normalPath)
  .refine((value) => value !== "/" && value !== "~", 'expected a folder below "/" and "~": the whole of either holds what no hook may see');

const port = z.string(NET).refine((value) => value === "*" || (/^:\d{1,5}$/.test(value) && Number(value.slice(1)) >= 1 && Number(value.slice(1)) <= 65_535), NET);

const program = z.string(PROGRAM).max(1_024, PROGRAM).refine((value) => /^(?:\/.*[^/]|[^/~\s]+)$/.test(value) && !CONTROL.test(value), PROGRAM);

export const permissionsSchema = z.strictObject(
  { read: some(path).exactOptional(), write: some(path).exactOptional(), net: some(port).exactOptional(), run: some(program).exactOptional() },
  'expected an object such as { read: ["~/notes"], net: [":443"] }',
);

/** `read ~/notes; net :443`; "none" for a hook that declares nothing. */
export function describePermissions(permissions: HookPermissions | undefined): string {
  const parts = (["read", "write", "net", "run"] as const).flatMap((kind) => {
    const values = permissions?.[kind] ?? [];
    return values.length === 0 ? [] : [`${kind} ${values.join(", ")}`];
  });
  return parts.length === 0 ? "none" : parts.join("; ");
}

/** Without `.`, `..` and doubled or trailing slashes. */
function normalPath(text: string): string {
  const parts: string[] = [];
  const [first = "", ...rest] = text.split("/");
  for (const part of rest) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const whole = [first, ...parts].join("/");
  return whole === "" ? "/" : whole;
}
