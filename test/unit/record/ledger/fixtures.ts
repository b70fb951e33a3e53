import type { LedgerLine } from '../../../../driver/record/ledger/ledger-schema.js';

/** A line as a run writes it. */
export function line(runId: string, change: Partial<LedgerLine> = {}): LedgerLine {
  return {
    run_id: runId,
    timestamp: '2026-01-02T03:04:05.678Z',
    metadata: 'notes/x-vm-run/logs/metadata.json',
    harness_log: 'notes/x-vm-run/logs/harness.log',
    serial_log: 'notes/x-vm-run/logs/serial.log',
    ssh: { host: '127.0.0.1', port: 40022 },
    qemu: { command: ['qemu-system-x86_64', '-m', '512'], version: 'QEMU emulator version 7.2.0' },
    driver_args: ['run', '--image', 'debian'],
    timeouts: { spawn_seconds: 900, login_seconds: 300 },
    outcome: 'passed',
    scenarios: [
      {
        id: 'a',
        name: 'A',
        file: 'scenarios/a.yaml',
        outcome: 'passed',
        seconds: 12.5,
        start: 'booted',
      },
    ],
    timings: {
      start: '2026-01-02T03:00:00.000Z',
      end: '2026-01-02T03:04:05.000Z',
      total_seconds: 245,
    },
    session_ceiling_exceeded: false,
    // Beyond one page: write(2) may then be cut short by a kill.
    diagnostics: [{ label: 'dmesg', path: 'x'.repeat(9000) }],
    ...change,
  };
}

/**
 * Lines in the shape of ledgers that a pytest harness wrote before: other key order,
 * blanks after separators, absolute and relative paths, no scenarios, `pytest_args`.
 */
export const PYTEST_LINES = [
  '{"diagnostics": [{"label": "Serial log tail", "path": "/srv/logs/serial-log-tail-05.log"}], "harness_log": "/srv/logs/harness.log", "metadata": "/srv/logs/metadata.json", "outcome": "error", "pytest_args": ["tests/vm/test_main.py", "-q"], "qemu": {"command": ["/usr/bin/qemu-system-x86_64", "-m", "2048"], "version": "QEMU emulator version 8.2.2"}, "serial_log": "/srv/logs/serial.log", "session_ceiling_exceeded": false, "ssh": {"host": "127.0.0.1", "port": 43613}, "timeouts": {"login_seconds": 300, "spawn_seconds": 900}, "timestamp": "2025-12-23T00:46:03.812588+00:00", "timings": {"build_seconds": 507.102, "end": "2025-12-23T00:46:03.811924+00:00", "start": "2025-12-23T00:44:12.490339+00:00", "total_seconds": 111.26}}',
  '{"timestamp": "2025-12-23T02:30:22.754670+00:00", "pytest_args": ["-q"], "outcome": "error", "metadata": "notes/2025-12-23T023032Z-vm-run/logs/metadata.json", "harness_log": "notes/2025-12-23T023032Z-vm-run/logs/harness.log", "serial_log": "notes/2025-12-23T023032Z-vm-run/logs/serial.log", "diagnostics": [], "qemu": {"command": ["qemu"], "version": "QEMU emulator version 8.2.2"}, "ssh": {"executable": "/usr/bin/ssh", "host": "127.0.0.1", "port": 46627}, "timeouts": {"spawn_seconds": 900, "login_seconds": 300}, "timings": {"build_seconds": 697.613, "total_seconds": 162.925}, "session_ceiling_exceeded": false}',
  '{"outcome": "failed", "pytest_args": ["-q"], "timings": {"boot_to_login_seconds": 119.69, "boot_to_ssh_seconds": 188.027, "build_seconds": 330.145, "total_seconds": 203.098}, "session_ceiling_exceeded": true, "something_new": {"deep": [1]}}',
];
