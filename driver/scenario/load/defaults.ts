/** Timeout of a step when neither it nor the scenario names one, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 60_000;
