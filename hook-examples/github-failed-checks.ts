import type { Hook } from "nexus";

const FAILED = ["failure", "timed_out", "startup_failure"];

/** A webhook filter: the triggers let through finished checks of GitHub, the handler only has to look at the outcome. */
export const hook: Hook = {
  name: "GitHub Failed Checks",
  description: "Hands a failed check or workflow job to the agent that looks after the build",
  triggers: {
    principal: { type: "webhook", source: "github" },
    event: { metadata: { event: ["check_run", "workflow_job"], action: "completed" } },
  },
  limits: { max_fires_per_hour: 30 },

  handler(ctx) {
    const { event, payload } = ctx.event.metadata;
    // GitHub names the object in the payload as it names the event.
    const run = payload[event];
    if (!FAILED.includes(run.conclusion)) return { fire: false };

    // A job of GitHub Actions is reported twice, as a job and as the check that stands for it.
    const check: string = run.check_run_url ?? run.url;
    const told: string[] = ctx.state.get("told") ?? [];
    if (told.includes(check)) return { fire: false };
    ctx.state.set("told", [...told.slice(-99), check]);

    const repository: string = payload.repository.full_name;
    const steps = (run.steps ?? []).filter((step: { conclusion?: string }) => FAILED.includes(step.conclusion ?? ""));
    return {
      fire: true,
      agent: "atlas",
      context: {
        prompt: `A check failed in ${repository}: ${run.html_url}\nFind out why, and say what would fix it.`,
        extracted: { repository, check: run.name, commit: run.head_sha, failed_steps: steps.map((step: { name: string }) => step.name) },
      },
    };
  },
};
