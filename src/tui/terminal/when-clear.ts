import type { PacedOutput } from "./paced-output.ts";

/** Passes on that something has changed when the line has room for it. What changes until then is told once. */
export function whenClear(tell: () => void, output: Pick<PacedOutput, "clear" | "untilClear">): () => void {
  let waits = false;
  return () => {
    if (waits) return;
    if (output.clear) return tell();
    waits = true;
    void output.untilClear().then(() => {
      waits = false;
      tell();
    });
  };
}
