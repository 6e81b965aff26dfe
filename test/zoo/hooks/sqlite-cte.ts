import { Database } from "bun:sqlite";

export default function hook(ctx) {
  new Database(":memory:").query("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n").get();
}
