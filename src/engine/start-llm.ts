import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { geminiLlm } from "./clients/gemini.ts";
import { unconfiguredLlm, type Llm } from "./clients/llm.ts";
import type { Config } from "./config.ts";
import { NexusError } from "./core/errors.ts";

/** The one system-wide model, by `[llm]`: hooks reach it as `ctx.llm`, agents with the runner `llm` are it. */
export function startLlm({ llm }: Config, home: string): Llm {
  if (llm === undefined) return unconfiguredLlm;
  const { key, model, api, timeout_ms } = llm;
  return geminiLlm({ key: () => ("env" in key ? process.env[key.env] : fileKey(resolve(home, key.file))), model, timeoutMs: timeout_ms, ...(api === undefined ? {} : { api }) });
}

function fileKey(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new NexusError("LLM_NOT_CONFIGURED", `llm.key: ${path} cannot be read`, { cause: error });
  }
}
