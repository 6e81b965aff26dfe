import * as fs from "node:fs";

export default function hook(ctx) {
  for (let fd = 3; fd < 200; fd += 1) {
    try {
      fs.closeSync(fd);
    } catch {
      // Not open.
    }
  }
  return new Promise((resolve) => setTimeout(resolve, 60_000));
}
