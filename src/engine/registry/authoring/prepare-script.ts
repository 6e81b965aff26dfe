import { dirname, join } from "node:path";
import type { Finding } from "../../core/errors.ts";
import { NexusError } from "../../core/errors.ts";
import type { HookMetadata, Limits, Schedule } from "../../core/hook.ts";
import type { MetadataInput } from "../../core/hook-metadata.ts";
import { placeOf } from "./bundle-error.ts";
import type { Bundle } from "./bundle-script.ts";
import { bundleScript } from "./bundle-script.ts";
import { checkTypes } from "./check-types.ts";
import type { ExportForm } from "./export-form.ts";
import { findHook } from "./export-form.ts";
import type { InspectOptions } from "./inspect.ts";
import type { Inspection } from "./inspection.ts";
import type { Inherited } from "./metadata.ts";
import { readMetadata } from "./metadata.ts";
import { permissionHints } from "./permission-hints.ts";
import type { ScriptSource } from "./read-script.ts";
import { readScript } from "./read-script.ts";
import { withResolvedPrograms } from "./resolve-programs.ts";

export interface PrepareOptions {
  /** What the command line says; it wins over the script. */
  readonly flags: MetadataInput;
  /** What the version that is replaced had, for an update; it is used where the script says nothing. */
  readonly inherited?: Inherited | undefined;
  /** Unix ms, for schedules. */
  readonly now: number;
  /** Limits of a hook that says nothing. */
  readonly defaultLimits: Limits;
  /** Time the script may take to load. */
  readonly loadTimeoutMs: number;
  /** PATH, for the programs that a hook may run. */
  readonly programPath: string;
  /** Loads a bundle in a process of its own: `inspectBundle`. */
  readonly inspect: (bundle: string, options: Pick<InspectOptions, "timeoutMs">) => Promise<Inspection>;
  /** Throws SCHEDULE_INVALID for a schedule that cannot be. */
  readonly validateSchedule: (schedule: Schedule, now: number) => unknown;
}

/** A script that may be registered. */
export interface PreparedScript {
  /** Absolute, symbolic links resolved. */
  readonly sourcePath: string;
  /** SHA-256 of the author's file, hex. */
  readonly sourceHash: string;
  readonly sourceText: string;
  /** One self-contained ES module, and its SHA-256, hex. */
  readonly bundle: string;
  readonly bundleHash: string;
  readonly slug: string;
  readonly metadata: HookMetadata;
  readonly exportForm: ExportForm;
  /** Types that do not fit the contract, and warnings about the file. */
  readonly findings: readonly Finding[];
}

/** What `nexus hooks validate` shows. `prepared` is there when the script could be registered. */
export interface ValidatedScript {
  readonly findings: readonly Finding[];
  readonly prepared?: PreparedScript;
}

/**
 * Everything that happens to a script before a row is written: read, bundle, type-check, load once, read and check
 * the metadata. Throws the first hard error; findings of the type checker are no error.
 */
export async function prepareScript(path: string, options: PrepareOptions): Promise<PreparedScript> {
  const { prepared, error } = await examine(path, options);
  if (prepared === undefined) throw error;
  return prepared;
}

/** All that is wrong with a script, as far as it can be known; throws only for a bug of nexus. */
export async function validateScript(path: string, options: PrepareOptions): Promise<ValidatedScript> {
  const { prepared, error, findings } = await examine(path, options);
  if (prepared !== undefined) return { findings, prepared };
  return { findings: [...findings, ...findingsOf(error)] };
}

type Examined = { findings: readonly Finding[] } & ({ prepared: PreparedScript; error?: never } | { prepared?: never; error: NexusError });

async function examine(path: string, options: PrepareOptions): Promise<Examined> {
  let findings: readonly Finding[] = [];
  try {
    const script = await readScript(path);
    findings = script.findings;
    const bundle = await bundleScript(script);
    // Loading is mostly waiting for a process, checking is all CPU: side by side they take as long as the slower one.
    const [types, loaded] = await Promise.allSettled([checkTypes(script), load(script, bundle, options)]);
    if (types.status === "rejected") throw types.reason;
    findings = [...findings, ...types.value];
    if (loaded.status === "rejected") throw loaded.reason;
    findings = [...findings, ...permissionHints(script.path, bundle.text, loaded.value.metadata.permissions)];
    return { findings, prepared: { ...loaded.value, findings } };
  } catch (error) {
    if (error instanceof NexusError) return { findings, error };
    throw error;
  }
}

async function load(script: ScriptSource, bundle: Bundle, options: PrepareOptions): Promise<Omit<PreparedScript, "findings">> {
  const inspection = await options.inspect(bundle.text, { timeoutMs: options.loadTimeoutMs });
  if (!inspection.ok) throw loadError(script, inspection);
  const found = findHook(script, inspection);
  const { metadata: written, slug } = readMetadata({ script, found, flags: options.flags, inherited: options.inherited, defaultLimits: options.defaultLimits });
  const metadata = withResolvedPrograms(script.path, written, options.programPath);
  if (metadata.schedule !== undefined) await checkSchedule(script, metadata.schedule, options);
  return {
    sourcePath: script.path,
    sourceHash: script.hash,
    sourceText: script.text,
    bundle: bundle.text,
    bundleHash: bundle.hash,
    slug,
    metadata,
    exportForm: found.form,
  };
}

async function checkSchedule(script: ScriptSource, schedule: Schedule, options: PrepareOptions): Promise<void> {
  try {
    await options.validateSchedule(schedule, options.now);
  } catch (error) {
    if (!(error instanceof NexusError)) throw error;
    const findings = [{ code: error.code, message: error.message, file: script.path }];
    throw new NexusError(error.code, `${script.path}: ${error.message}`, { ...error.details, findings, cause: error });
  }
}

const LOAD_HINTS = {
  threw: "top-level code runs once at registration and must not throw; move what may fail into the hook",
  timeout: "top-level code must be quick; move loops and waiting into the hook",
  exited: "a hook ends by returning; remove process.exit and its like",
} as const;

function loadError(script: ScriptSource, inspection: Extract<Inspection, { ok: false }>): NexusError {
  const position = inspection.stack === undefined ? undefined : positionIn(script, inspection.stack);
  const text = {
    threw: `it threw while it was loaded: ${inspection.message}`,
    timeout: inspection.message,
    exited: `${inspection.message} while it was loaded`,
  }[inspection.reason];
  const finding: Finding = { code: "SCRIPT_LOAD", message: text, file: script.path, ...position };
  return new NexusError("SCRIPT_LOAD", `${placeOf(finding)}: ${finding.message}`, { hint: LOAD_HINTS[inspection.reason], findings: [finding] });
}

/** The innermost frame in a file of the author; the source map names files relative to the script. */
function positionIn(script: ScriptSource, stack: string): Partial<Finding> {
  for (const [, file = "", line, column] of stack.matchAll(/(?:\(|at )([^\s()]+):(\d+):(\d+)\)?$/gm)) {
    if (file.includes(":") || file.includes("node_modules/") || file.startsWith("/")) continue;
    return { file: join(dirname(script.path), file), line: Number(line), column: Number(column) };
  }
  return {};
}

function findingsOf(error: NexusError): readonly Finding[] {
  return error.details.findings ?? [{ code: error.code, message: error.message }];
}
