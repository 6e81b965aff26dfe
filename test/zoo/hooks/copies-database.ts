import * as fs from "node:fs";
import * as path from "node:path";

export default function hook(ctx) {
  const folder = path.dirname(ctx.dbPath);
  for (const name of fs.readdirSync(folder)) if (name.startsWith("nexus.db")) fs.readFileSync(path.join(folder, name));
  return { fire: false };
}
