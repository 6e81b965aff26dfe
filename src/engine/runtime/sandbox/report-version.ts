import { openKernel } from "./kernel.ts";
import { landlockVersion } from "./landlock.ts";

/** `nexus __sandbox_version`: the version of the kernel's Landlock, in a process of its own so that no daemon loads bun:ffi. */
export function reportVersion(): void {
  console.log(String(landlockVersion(openKernel())));
}
