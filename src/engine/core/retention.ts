/** What is kept how long: the section `[retention]` of config.toml, where each has its meaning. */
export interface RetentionRules {
  readonly fold_after_hours: number;
  readonly invocations_days: number;
  readonly events_days: number;
  readonly dispatches_days: number;
  readonly logs_days: number;
  readonly notices_days: number;
  readonly slots_days: number;
  readonly stats_fine_days: number;
  readonly stats_days: number;
  readonly ref_moves: number;
  readonly max_bytes: number;
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
