/** One thing that `tapboot doctor` looked at. */
export interface HostCheck {
  name: string;
  /** `warning`: runs are possible, but less than all works. */
  state: 'ok' | 'warning' | 'failed';
  /** What was found. */
  detail: string;
  /** What to do about it; absent when all is well. */
  fix?: string;
}
