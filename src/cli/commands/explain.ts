import { NexusError, errorCodes, explain, isErrorCode } from "../../engine/core/errors.ts";
import { nearest } from "../../engine/core/nearest.ts";
import type { Run } from "../call.ts";
import { emit, emitJson } from "../output.ts";
import { table } from "../table.ts";

export const run: Run = ({ args, json }) => {
  const [given] = args;
  if (given === undefined) {
    const all = errorCodes().map(explain);
    if (json) emitJson(all);
    else emit(table(["CODE", "EXIT", "MEANING"], all.map(({ code, exit_code, explanation }) => [code, String(exit_code), explanation])));
    return;
  }
  const code = given.toUpperCase();
  if (!isErrorCode(code)) throw new NexusError("CODE_UNKNOWN", `nexus has no error code ${JSON.stringify(given)}`, { did_you_mean: nearest(code, errorCodes()), next: ["nexus explain"] });
  const facts = explain(code);
  if (json) emitJson(facts);
  else emit(`${facts.code} (exit code ${facts.exit_code}${facts.retryable ? ", trying again may help" : ""})\n${facts.explanation}`);
};
