import type { UnitProperty } from './unit-state.js';

/** A unit as a waiting script has seen it last. */
export type UnitReport = Partial<Record<UnitProperty, string>>;

/** Takes the `Key=value` lines of a waiting script apart. */
export function parseUnitReport(stdout: string): UnitReport {
  const report: Record<string, string> = {};
  for (const line of stdout.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0) report[line.slice(0, at)] = line.slice(at + 1);
  }
  return report;
}

/** `failed (failed), result exit-code, exit status 1` */
export function unitWords(report: UnitReport): string {
  const active = report.ActiveState ?? '';
  if (active === '') return 'in an unknown state';
  const parts = [`${active} (${report.SubState ?? '?'})`];
  const result = report.Result ?? '';
  if (result !== '' && result !== 'success') parts.push(`result ${result}`);
  // CLD_EXITED is 1; the other codes are signals (waitid(2)).
  const status = report.ExecMainStatus ?? '';
  if (report.ExecMainCode === '1') parts.push(`exit status ${status}`);
  else if (report.ExecMainCode === '2' || report.ExecMainCode === '3')
    parts.push(`signal ${status}`);
  if (report.RemainAfterExit === 'yes' && report.SubState === 'exited') {
    parts.push('RemainAfterExit=yes keeps it so');
  }
  if (hasJob(report)) parts.push('a job is waiting for it');
  return parts.join(', ');
}

/** True when systemd has something in its queue for the unit. */
export function hasJob(report: UnitReport): boolean {
  return report.Job !== undefined && report.Job !== '' && report.Job !== '0';
}

/** True when the unit was to be started and its conditions did not hold. */
export function wasSkipped(report: UnitReport): boolean {
  const checked = report.ConditionTimestampMonotonic ?? '0';
  return report.ConditionResult === 'no' && checked !== '' && checked !== '0';
}

/** True when the unit has run since the boot and systemd still knows it. */
export function hasRun(report: UnitReport): boolean {
  const happened = (stamp: string | undefined): boolean =>
    stamp !== undefined && stamp !== '' && stamp !== '0';
  return (
    happened(report.InactiveEnterTimestampMonotonic) ||
    happened(report.ExecMainExitTimestampMonotonic)
  );
}
