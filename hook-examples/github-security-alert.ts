const REMEMBER_MS = 30 * 86_400_000;

/** A filter with a memory: the same finding is reported again and again, and is worth one look. */
export const hook: Hook = {
  name: "GitHub Security Alert",
  description: "Fires once in 30 days for each security finding of a repository",
  triggers: {
    principal: { type: "webhook", source: "github" },
    event: {
      metadata: {
        event: ["code_scanning_alert", "dependabot_alert", "repository_vulnerability_alert", "secret_scanning_alert"],
        action: ["create", "created", "reintroduced", "reopened"],
      },
    },
  },
  config: { ignore: ["note", "low"] },

  handler(ctx) {
    const { event, payload } = ctx.event.metadata;
    const { alert, repository } = payload;
    const advisory = alert.security_advisory ?? alert;
    const severity: string = advisory.severity ?? alert.rule?.severity ?? "unknown";
    if (ctx.hook.config.ignore.includes(severity)) return { fire: false };

    const finding = `${repository.full_name} ${advisory.ghsa_id ?? alert.rule?.id ?? `${event} ${alert.number}`}`;
    const seen: Record<string, number> = ctx.state.get("seen") ?? {};
    if (finding in seen) {
      ctx.log.info(`${finding} was reported at ${new Date(seen[finding]).toISOString()}`);
      return { fire: false };
    }
    // State holds 64 KiB: what is kept for each finding also has to go again.
    const recent = Object.entries(seen).filter(([, at]) => at > ctx.event.timestamp - REMEMBER_MS);
    ctx.state.set("seen", Object.fromEntries([...recent.slice(-300), [finding, ctx.event.timestamp]]));

    return {
      fire: true,
      agent: "atlas",
      context: {
        prompt: `A security finding (${severity}) in ${repository.full_name}. Judge whether it concerns us and what to do.`,
        extracted: { finding, severity, summary: advisory.summary ?? alert.rule?.description, url: alert.html_url ?? alert.external_reference },
      },
    };
  },
};
