import { restoreBackup } from "../../../src/engine/backup/restore-backup.ts";

/** Restores, and is killed right after the named step. */
const [home = "", file = "", end] = process.argv.slice(2);
restoreBackup({
  home,
  file,
  now: 1_769_563_801_000,
  noticeId: "ntc_1",
  dryRun: false,
  step: (name) => {
    if (name === end) process.kill(process.pid, "SIGKILL");
  },
});
