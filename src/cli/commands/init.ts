import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ambientTypes } from "../../engine/registry/authoring/check-types.ts";
import type { Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { emit, emitJson } from "../output.ts";
import { withStore } from "../workspace.ts";

const TSCONFIG = `${JSON.stringify({ compilerOptions: { target: "esnext", module: "preserve", lib: ["esnext"], types: [], noEmit: true, strict: true, skipLibCheck: true }, include: ["*.ts"] }, undefined, 2)}\n`;

/** Makes the home; with --types also what an editor needs to know the contract. Files that exist are left alone. */
export const run: Run = async (call) => {
  const dryRun = flag(call, "dryRun");
  const types = textOption(call, "types");
  const database = join(call.home, "state", "nexus.db");
  const files = types === undefined ? [] : [{ path: join(resolve(types), "nexus-env.d.ts"), text: ambientTypes }, { path: join(resolve(types), "tsconfig.json"), text: TSCONFIG }];
  const created = [database, ...files.map(({ path }) => path)].filter((path) => !existsSync(path));
  if (!dryRun) {
    await withStore(call, "create", () => undefined);
    for (const { path, text } of files) {
      if (existsSync(path)) continue;
      mkdirSync(resolve(types ?? "."), { recursive: true });
      writeFileSync(path, text);
    }
  }
  if (call.json) return emitJson({ home: call.home, created, changed: created.length > 0, ...(dryRun ? { dry_run: true } : {}) });
  if (created.length === 0) return emit(`· ${call.home} is a nexus home already`);
  emit([...created.map((path) => `✓ ${dryRun ? "[dry run] would create" : "created"} ${path}`), "", "Next: nexus hooks register SCRIPT, then nexus serve"].join("\n"));
};
