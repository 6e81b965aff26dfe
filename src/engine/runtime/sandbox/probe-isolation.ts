import type { IsolationSetting } from "./isolation.ts";
import { chooseIsolation } from "./isolation.ts";
import type { IsolationReport } from "./isolation-report.ts";
import { reportIsolation } from "./isolation-report.ts";

/** Tries the mechanisms and tells what this machine enforces under a setting. Throws SANDBOX_UNAVAILABLE as a start would. */
export async function probeIsolation(setting: IsolationSetting): Promise<IsolationReport> {
  return reportIsolation(await chooseIsolation(setting));
}
