/**
 * Who is to blame when something does not hold; the same four words in TAP, JUnit,
 * the ledger and the exit code.
 *
 * - `product`: an expectation about the machine under test did not hold
 * - `scenario`: the YAML, or the way tapboot was called, is wrong
 * - `guest-dead`: the guest panicked, hung, powered off unexpectedly, or QEMU is gone
 * - `infra`: a host tool, disk, port, or accelerator failed
 */
export type FailureClass = 'product' | 'scenario' | 'guest-dead' | 'infra';

/** What docs/errors.md says of a code, in Markdown. */
interface Row<C extends FailureClass> {
  classes: readonly C[];
  meaning: string;
}

const either = <const C extends FailureClass>(classes: readonly C[], meaning: string): Row<C> => ({
  classes,
  meaning,
});
const product = (meaning: string) => either(['product'], meaning);
const scenario = (meaning: string) => either(['scenario'], meaning);
const guestDead = (meaning: string) => either(['guest-dead'], meaning);
const infra = (meaning: string) => either(['infra'], meaning);

/**
 * Every code there is, by the sections of docs/errors.md (`npm run generate`). Codes are stable.
 * Only types are taken from here by what runs, so that the texts cost no command any time.
 */
export const ERROR_CODES = {
  'Set-up and host': {
    TAPBOOT_E_NODE_VERSION: infra(
      'Node is older than tapboot needs. Put a newer one first on the PATH.',
    ),
    TAPBOOT_E_DISK_SPACE: infra(
      'Too little room for what is about to be written; the message lists each need. Nothing has been written.',
    ),
    TAPBOOT_E_CACHE_DIRECTORY: infra(
      'There is no directory for the cache, or it cannot be made. Set `XDG_CACHE_HOME`.',
    ),
    TAPBOOT_E_HOST_PACKAGES: infra(
      'Debian packages are missing and set-up may not install them (not root, not Debian-like, `--no-install`, a Nix shell). The message has the command.',
    ),
    TAPBOOT_E_APT: infra('`apt-get` failed; the end of its log is shown.'),
    TAPBOOT_E_NPM_CI: infra("`npm ci` failed; npm's own message is shown."),
    TAPBOOT_E_BUILD: infra('The sources do not compile.'),
    TAPBOOT_E_INSTALLATION: infra(
      'A part of tapboot itself is missing or damaged. Install it again.',
    ),
    TAPBOOT_E_HOST_TOOL_MISSING: infra(
      'A program is missing on the host; the message names its package.',
    ),
    TAPBOOT_E_TOOL_MISSING: infra(
      'The same, for a program that image building or disk inspection needs.',
    ),
    TAPBOOT_E_TOOL_FAILED: infra(
      'A host program that looks at disks failed or gave an answer that cannot be read.',
    ),
    TAPBOOT_E_USAGE: scenario('An unknown command, flag or argument. The nearest is suggested.'),
    TAPBOOT_E_CONFIG_VALUE: scenario(
      'A flag or an environment variable has a value that cannot be used.',
    ),
    TAPBOOT_E_LOCK: infra(
      'A lock file cannot be locked: no `flock`, or a file system without locks.',
    ),
    TAPBOOT_E_LOCK_TIMEOUT: infra('Another process holds a lock for too long.'),
    TAPBOOT_E_HOST_FULL: infra(
      'No space or quota is left on the host: for the disks and snapshots of machines (below `TMPDIR`), or for the record.',
    ),
    TAPBOOT_E_HOST_DISK: infra(
      'The host cannot read or write the file behind a disk of a machine.',
    ),
    TAPBOOT_E_INTERRUPTED: infra(
      'A signal ended the run. The record is written; what did not run says so.',
    ),
    TAPBOOT_E_UNEXPECTED: infra(
      'Nobody foresaw this: a defect of tapboot. Report it with harness.log. Where nobody caught it, the run has been ended by it.',
    ),
  },
  'Boot images': {
    TAPBOOT_E_IMAGE_SPEC: scenario(
      'A SPEC that cannot be taken apart, or parts that exclude each other.',
    ),
    TAPBOOT_E_IMAGE_PROVIDER: scenario('There is no such provider, and no such file.'),
    TAPBOOT_E_IMAGE_OPTION: scenario('An option that this provider or form does not know.'),
    TAPBOOT_E_IMAGE_OPTION_VALUE: scenario('An option with a value that cannot be used.'),
    TAPBOOT_E_IMAGE_FILE: scenario('The image file does not exist, or is no file.'),
    TAPBOOT_E_IMAGE_KIND: scenario('The file is no image of a kind that can serve in this role.'),
    TAPBOOT_E_IMAGE_UNREADABLE: infra('The image file may not be read by this user.'),
    TAPBOOT_E_IMAGE_CHANGED: infra(
      'The image changed while it was read: something still writes it.',
    ),
    TAPBOOT_E_IMAGE_BUILD: infra(
      "Building the embedded image failed; the end of the tool's output is shown.",
    ),
    TAPBOOT_E_APT_LISTS: infra(
      "apt has no package lists for the image's suite. Run `apt-get update`.",
    ),
    TAPBOOT_E_APT_SOURCES: infra("The host's apt knows no archive of the image's suite."),
    TAPBOOT_E_KERNEL_FORMAT: infra('The kernel package holds a kernel that cannot be unpacked.'),
    TAPBOOT_E_LAYER_UNREADABLE: scenario(
      'A layer or agent directory cannot be read, or holds something other than files, directories and links.',
    ),
    TAPBOOT_E_CACHE_DAMAGED: infra(
      'A cache entry is damaged as soon as it is written. Is something else cleaning the cache?',
    ),
    TAPBOOT_E_ISO_READ: infra('The ISO cannot be read, or lacks what its own boot menu names.'),
    TAPBOOT_E_ISO_ENTRY: scenario(
      "The boot entry asked for is not in the ISO's menu; the message lists the ones there are.",
    ),
    TAPBOOT_E_ISO_NO_ENTRY: scenario(
      'The ISO has no boot menu that tapboot can read; the message lists where it looked.',
    ),
    TAPBOOT_E_ISO_FIRMWARE: scenario('The ISO does not boot by this firmware.'),
    TAPBOOT_E_XORRISO_MISSING: infra('xorriso is needed to look into an ISO.'),
    TAPBOOT_E_NIX_MISSING: infra('The image needs Nix, and there is none on the PATH.'),
    TAPBOOT_E_NIX_FLAKES: infra('This Nix is too old for flakes.'),
    TAPBOOT_E_NIX_FLAKE: scenario('There is no such flake.'),
    TAPBOOT_E_NIX_ATTRIBUTE: scenario('The flake has no such attribute.'),
    TAPBOOT_E_NIX_BUILD: infra('`nix build` failed; the end of its log is shown.'),
    TAPBOOT_E_NIX_ISO: scenario('What was built does not hold exactly one ISO.'),
    TAPBOOT_E_NIX_PATH_INFO: infra('`nix path-info` gave no provenance of the image.'),
    TAPBOOT_E_NIX_CANCELLED: infra('Nix was stopped before it had ended.'),
    TAPBOOT_E_NIX_FAILED: infra('Nix failed in another way.'),
  },
  'QEMU and snapshots': {
    TAPBOOT_E_QEMU_MISSING: infra('`qemu-system-x86_64` cannot be run.'),
    TAPBOOT_E_QEMU_SPAWN: infra('The process could not be started.'),
    TAPBOOT_E_QEMU_START: infra('QEMU ended before it was ready; its own message is shown.'),
    TAPBOOT_E_SECOND_IMAGE: infra('The image of a second machine (`resurrect`) cannot be had.'),
    TAPBOOT_E_CPU_MODEL: scenario(
      '`machine.cpu` names a CPU model or a feature that QEMU does not have.',
    ),
    TAPBOOT_E_QEMU_GONE: guestDead('QEMU ended in the middle of the run (killed, out of memory).'),
    TAPBOOT_E_QEMU_IMG: infra('`qemu-img` failed.'),
    TAPBOOT_E_QMP_CLOSED: infra('QEMU closed its control connection.'),
    TAPBOOT_E_QMP_COMMAND: infra('QEMU refused a command.'),
    TAPBOOT_E_KVM_UNUSABLE: infra(
      '`--accel kvm` was given and a kernel does not run under KVM here. `--accel auto` falls back to TCG.',
    ),
    TAPBOOT_E_PROBE_KERNEL: infra('The kernel to try KVM with cannot be read.'),
    TAPBOOT_E_FIRMWARE_MISSING: infra('There is no UEFI firmware (package ovmf).'),
    TAPBOOT_E_FIRMWARE_CHOICE: scenario(
      "The scenario asks for a firmware that the image's form does not use.",
    ),
    TAPBOOT_E_SOCKET_PATH: infra(
      "A socket's path is longer than the system allows. Use a shorter temporary directory.",
    ),
    TAPBOOT_E_SOCKET_UNUSED: infra('QEMU did not connect to a socket in time.'),
    TAPBOOT_E_SAVE: infra("The machine's state cannot be saved."),
    TAPBOOT_E_RAM_FORM: infra(
      'The QEMU at hand cannot save RAM in the demanded form, or failed to bring a snapshot into it.',
    ),
    TAPBOOT_E_RESTORE: infra('A snapshot could not be restored. `--fresh` boots instead.'),
    TAPBOOT_E_SCREENSHOT: infra(
      'QEMU gave no picture of the display; it must be 7.1 or later, with libpng.',
    ),
    TAPBOOT_E_RESTORE_PROOF: infra('The restored machine is not the one that was saved.'),
    TAPBOOT_E_CAPSULE: infra(
      'The file is no capsule, is damaged, is of another format, or its disks name a file outside of it.',
    ),
    TAPBOOT_E_CAPSULE_WRITE: infra(
      'A capsule could not be written; reported in a notice, and changes no verdict.',
    ),
    TAPBOOT_E_CAPSULE_MISMATCH: infra(
      'Image, QEMU or arguments are not those that the capsule was made with; each difference is named.',
    ),
    TAPBOOT_E_CAPSULE_MOMENT: either(
      ['infra', 'guest-dead'],
      'The capsule has no machine of that moment, or its guest stopped responding; the message says why, and which ones there are.',
    ),
    TAPBOOT_E_CAPSULE_PERMISSION: scenario(
      'The capsule asks for something of this host: files that its steps copy, or an image to build. Allow it with `--allow`, if you trust who made it.',
    ),
    TAPBOOT_E_CAPSULE_STEP: scenario('`--at N` names no step up to the one that failed.'),
    TAPBOOT_E_PLANS_NOT_WRITTEN: infra('`tapboot shell` could not put a plan into the guest.'),
    TAPBOOT_E_ATTACH: scenario('No running machine is meant by that name, or several are.'),
    TAPBOOT_E_ATTACH_NO_SSH: infra(
      'The machine has no network, or its ssh is not known yet. Its console is there.',
    ),
    TAPBOOT_E_STATE_DAMAGED: infra(
      'A file of a kept snapshot is not what was written. The snapshot is removed, and the machine booted.',
    ),
  },
  "The guest's death": {
    TAPBOOT_E_GUEST_PANIC: guestDead('The kernel panicked.'),
    TAPBOOT_E_GUEST_INIT_DIED: guestDead(
      'The first process of the guest ended or crashed; the kernel cannot go on.',
    ),
    TAPBOOT_E_GUEST_OOPS: guestDead('The kernel oopsed.'),
    TAPBOOT_E_GUEST_HUNG: guestDead('A lock-up, a hung task, or memory ran out.'),
    TAPBOOT_E_GUEST_SILENT: guestDead('Nothing came over the console for too long while booting.'),
    TAPBOOT_E_GUEST_EMERGENCY: guestDead('systemd fell into its emergency shell.'),
    TAPBOOT_E_GUEST_INITRAMFS: guestDead(
      'The boot ended in the initramfs: its root file system was not found.',
    ),
    TAPBOOT_E_GUEST_NO_BOOT: guestDead('The firmware or the boot loader found nothing to boot.'),
    TAPBOOT_E_GUEST_POWEROFF: guestDead(
      'The guest powered itself off, and no step had asked for it.',
    ),
    TAPBOOT_E_GUEST_REBOOT: guestDead('The guest rebooted, and no step had asked for it.'),
    TAPBOOT_E_HEARTBEAT_MISSED: guestDead('The shell in the guest stopped answering.'),
  },
  Channels: {
    TAPBOOT_E_MACHINE_CLOSED: guestDead(
      'Something still waited for the machine when it was closed.',
    ),
    TAPBOOT_E_CHANNEL: infra('The channel that a step demands is not available on this machine.'),
    TAPBOOT_E_LOGIN_TIMEOUT: guestDead(
      'No login prompt and no shell on the console in time (`BOOT_IMAGE_VM_SPAWN_TIMEOUT`); says what was there instead, such as a boot menu ([login](channels.md#login)).',
    ),
    TAPBOOT_E_LOGIN_REFUSED: scenario(
      'The guest refuses user or password: see `user=` and `password=` of the image.',
    ),
    TAPBOOT_E_ROOT_REFUSED: scenario('The user cannot become root by `sudo` or `su`.'),
    TAPBOOT_E_CONSOLE_CLOSED: guestDead('The console has closed: the machine is gone.'),
    TAPBOOT_E_CONSOLE_SILENT: guestDead('The root shell on the console stopped answering.'),
    TAPBOOT_E_CONSOLE_TAKEN: product(
      'A step typed on the console, and neither a login prompt nor a shell is left for a command.',
    ),
    TAPBOOT_E_CONSOLE_GARBLED: guestDead("Other output broke a command's answer, again and again."),
    TAPBOOT_E_CONSOLE_TIMEOUT: product(
      'Text that was expected on the console did not come in time.',
    ),
    TAPBOOT_E_CONSOLE_CHANNEL: infra(
      'The console cannot carry commands (closed, or no `base64` in the guest).',
    ),
    TAPBOOT_E_CONSOLE_KEYS: scenario('A key in a `send` that does not exist.'),
    TAPBOOT_E_COMMAND_NUL: scenario(
      'A command that a channel cannot carry: with a NUL byte, or too long for a console.',
    ),
    TAPBOOT_E_SHELL_PORT: infra('No shell could be started on the virtio-serial port.'),
    TAPBOOT_E_SHELL_SILENT: infra('Nothing answers on the virtio-serial port.'),
    TAPBOOT_E_SHELL_UNUSABLE: infra('The shell in the guest lacks what the channel needs.'),
    TAPBOOT_E_SHELL_SPOOL: infra(
      "The guest has nowhere to put a command's output (`/run` full or removed).",
    ),
    TAPBOOT_E_SHELL_CLOSED: guestDead("The shell's port has closed: guest or QEMU ended."),
    TAPBOOT_E_SHELL_GARBLED: guestDead("A command's output came back incomplete."),
    TAPBOOT_E_NONCE: infra('A nonce with characters that are not allowed: a defect of tapboot.'),
    TAPBOOT_E_SSH_NOT_LISTENING: product(
      "No sshd listens in the guest in time (the step's, or `BOOT_IMAGE_VM_LOGIN_TIMEOUT`).",
    ),
    TAPBOOT_E_SSH_BANNER: guestDead('The forwarded port is open, and no SSH server greets on it.'),
    TAPBOOT_E_SSH_UNREACHABLE: either(
      ['guest-dead', 'product'],
      'No SSH connection; `product` where a step asked for it.',
    ),
    TAPBOOT_E_SSH_LOGIN: infra("The guest refuses the driver's key."),
    TAPBOOT_E_SSH_HOST_KEY: infra("Another host key than the guest's own was shown."),
    TAPBOOT_E_SSH_SHELL: infra("Root's login shell runs no commands."),
    TAPBOOT_E_SSH_LOST: guestDead('The connection broke while a command ran.'),
    TAPBOOT_E_SSH_CLOSED: guestDead('The channel was closed before.'),
    TAPBOOT_E_SSH_NO_NETWORK: either(
      ['infra', 'scenario'],
      'SSH was needed on a machine without a network; `scenario` in the shim.',
    ),
    TAPBOOT_E_SSH_WITHOUT_NETWORK: scenario('An `ssh` step in a scenario with `network: none`.'),
    TAPBOOT_E_SFTP: infra('The guest offers no SFTP, or its connection broke during a copy.'),
  },
  'Scenario and plan files': {
    TAPBOOT_E_SCENARIO_PROBLEMS: scenario('Several mistakes; each is listed with its own code.'),
    TAPBOOT_E_SCENARIO_UNREADABLE: scenario('The file or directory cannot be read.'),
    TAPBOOT_E_SCENARIO_NONE: scenario(
      'A directory without scenarios, or a selection that chooses none.',
    ),
    TAPBOOT_E_SCENARIO_UNKNOWN: scenario('No scenario has this name, id or file.'),
    TAPBOOT_E_TAG_UNKNOWN: scenario('No scenario has this tag.'),
    TAPBOOT_E_TAG_EXPRESSION: scenario(
      'A `--tag` or `--not-tag` is neither a tag nor tags joined by `and`, `or`, `not` and parentheses.',
    ),
    TAPBOOT_E_SHARD_TIMES: scenario(
      'The file of `--shard-times` is missing, or is no [ledger](record.md#the-ledger).',
    ),
    TAPBOOT_E_SCENARIO_TWICE: scenario(
      'Two files, or two combinations of a matrix, give the same scenario.',
    ),
    TAPBOOT_E_MATRIX_SIZE: scenario('A matrix makes more than 1,000 scenarios.'),
    TAPBOOT_E_SCENARIO_ID: scenario(
      'A control character in the name of the file, or in a `--var` for its matrix.',
    ),
    TAPBOOT_E_SCENARIO_VERSION: scenario(
      'The file is of another version of the scenario language.',
    ),
    TAPBOOT_E_SCENARIO_KEY: scenario(
      'An unknown key, or one that cannot stand here. The nearest is suggested.',
    ),
    TAPBOOT_E_SCENARIO_MISSING: scenario('A key that has to be there is missing.'),
    TAPBOOT_E_SCENARIO_VALUE: scenario('A key has a wrong value.'),
    TAPBOOT_E_SCENARIO_KIND: scenario(
      'A step or condition that is of no kind, or asks for nothing.',
    ),
    TAPBOOT_E_SCENARIO_CONFLICT: scenario('Keys that exclude each other.'),
    TAPBOOT_E_STEP_KIND_UNKNOWN: scenario('There is no such kind of step.'),
    TAPBOOT_E_YAML_SYNTAX: scenario('The file is not YAML.'),
    TAPBOOT_E_YAML_VERSION: scenario('The file asks for another YAML than 1.2.'),
    TAPBOOT_E_YAML_EMPTY: scenario('The file holds no document.'),
    TAPBOOT_E_YAML_DOCUMENTS: scenario('The file holds several documents.'),
    TAPBOOT_E_YAML_DUPLICATE_KEY: scenario('A key stands twice in one mapping.'),
    TAPBOOT_E_YAML_KEY: scenario('A key that is no text.'),
    TAPBOOT_E_YAML_NUL: scenario('A NUL byte in a text.'),
    TAPBOOT_E_YAML_ALIASES: scenario('Too many aliases, or one inside of what it stands for.'),
    TAPBOOT_E_YAML_DEPTH: scenario('Nested too deeply.'),
    TAPBOOT_E_YAML_SIZE: scenario('The file is too large.'),
    TAPBOOT_E_VARIABLE_SYNTAX: scenario(
      "`${` without a name. Write `$${` for one that the guest's shell is to see.",
    ),
    TAPBOOT_E_VARIABLE_UNDEFINED: scenario('There is no such variable.'),
    TAPBOOT_E_VARIABLE_UNUSED: scenario('`--var` sets a variable that nothing uses.'),
    TAPBOOT_E_SECRET_TOO_SHORT: scenario(
      'A value to be redacted has fewer than 4 characters: it would be found everywhere by chance. Use a longer one; an empty one needs no redaction.',
    ),
    TAPBOOT_E_REDACT_MATRIX: scenario(
      'A variable of the matrix cannot be redacted, since ids and directories carry its values. Give it one value.',
    ),
    TAPBOOT_E_VARIABLE_FILE: scenario(
      'A file given by `--var-file` cannot be read, or is not a mapping of names and values.',
    ),
    TAPBOOT_E_VARIABLE_ENVIRONMENT: scenario(
      '`--var-env` names an environment variable that is unset or empty. Export it, or name another: `--var-env NAME=VARIABLE`.',
    ),
    TAPBOOT_E_PATTERN_TIME: scenario(
      'A pattern took more than a second for what the guest had said: repetitions within a repetition, as in `(a+)+`.',
    ),
    TAPBOOT_E_PATTERN: scenario('Not a regular expression.'),
    TAPBOOT_E_JSON_PATH: scenario('Not a path into a JSON document.'),
    TAPBOOT_E_PLAN_UNKNOWN: scenario('There is no such plan.'),
    TAPBOOT_E_PLAN_SECTION: scenario('The plan has no such section.'),
    TAPBOOT_E_PLAN_NAME: scenario('Plan and file differ in name.'),
    TAPBOOT_E_PLAN_UNREADABLE: scenario('The plan cannot be read.'),
    TAPBOOT_E_CHECKPOINT_UNKNOWN: scenario(
      '`from` names a checkpoint or scenario that is not there.',
    ),
    TAPBOOT_E_CHECKPOINT_TWICE: scenario("A checkpoint's name is used twice."),
    TAPBOOT_E_CHECKPOINT_CIRCLE: scenario('Scenarios that start from each other.'),
    TAPBOOT_E_CHECKPOINT_MISSING: either(
      ['scenario', 'infra', 'guest-dead', 'product'],
      "The checkpoint was not reached in this run. Where the scenario that makes it has failed, the class is that failure's; else `scenario`.",
    ),
    TAPBOOT_E_DISK_UNKNOWN: scenario('The machine has no such disk.'),
    TAPBOOT_E_NO_DISPLAY: scenario('A picture is asked of a machine without `display: true`.'),
    TAPBOOT_E_NO_RUN: scenario('There is no run directory with events where one was looked for.'),
    TAPBOOT_E_NO_NETWORK: scenario('A step that needs a network on a machine without one.'),
    TAPBOOT_E_POWERED_OFF: scenario(
      'A step that needs a running machine while it is off: after `power`, or at the checkpoint that it starts from.',
    ),
  },
  Steps: {
    TAPBOOT_E_EXPECTATION: product("A command's exit status or output is not as expected."),
    TAPBOOT_E_COMMAND_TIMEOUT: product(
      'A command did not end in time and was killed in the guest.',
    ),
    TAPBOOT_E_OUTPUT_LIMIT: scenario(
      'Output was dropped that the expectation needs. Raise `output_limit`.',
    ),
    TAPBOOT_E_STDERR_NOT_SEPARATE: scenario(
      'stderr cannot be judged on a console. Use another channel.',
    ),
    TAPBOOT_E_STEP_OVERDUE: infra('A step did not come back long after its timeout.'),
    TAPBOOT_E_MACHINE_OFF: scenario(
      'A step needs a running machine, and a step before turned it off.',
    ),
    TAPBOOT_E_WAIT_TIMEOUT: product('What was waited for did not come in time.'),
    TAPBOOT_E_WAIT_BROKEN: product('The waiting script could not work in the guest.'),
    TAPBOOT_E_GUEST_TOOL: scenario('The guest lacks a tool that this wait needs.'),
    TAPBOOT_E_NO_SYSTEMD: scenario('Waiting for a unit in a guest without systemd.'),
    TAPBOOT_E_BOOT_NOT_OVER: product(
      'systemd still has jobs pending, so the disks of `plug: after-boot` were not plugged in. The message names the jobs.',
    ),
    TAPBOOT_E_HOT_PLUG: product(
      'The guest does not show disks that were plugged in. `machine: { plug: at-boot }` has them there from power-on.',
    ),
    TAPBOOT_E_UNIT_NOT_FOUND: product('The guest has no such unit.'),
    TAPBOOT_E_UNIT_NOT_LOADED: product('The unit is masked or cannot be loaded.'),
    TAPBOOT_E_UNIT_NOT_STARTED: product('The unit could not be started, or was not run again.'),
    TAPBOOT_E_UNIT_SKIPPED: product("The unit's conditions do not hold, so it did not run."),
    TAPBOOT_E_UNIT_RUNNING: scenario('`start` of a unit that was running already. Use `restart`.'),
    TAPBOOT_E_UNIT_FAILED: product('The unit failed; its journal is shown.'),
    TAPBOOT_E_UNIT_ENDED: product('The unit ended in another state than expected.'),
    TAPBOOT_E_UNIT_FORGOTTEN: scenario(
      'systemd unloads the unit at its end, so how it ended cannot be known.',
    ),
    TAPBOOT_E_UNIT_ENVIRONMENT: product("The unit's environment could not be changed."),
    TAPBOOT_E_SHUTDOWN_TIMEOUT: product('The guest did not power off or reboot in time.'),
    TAPBOOT_E_COPY_SOURCE: scenario('The file to be copied in cannot be read on the host.'),
    TAPBOOT_E_COPY_SIZE: scenario(
      'Too large to be copied: beyond 1 GiB, or beyond 8 MiB without SSH.',
    ),
    TAPBOOT_E_COPY_TARGET: scenario("A copy that would leave the run's artifacts."),
    TAPBOOT_E_ARTIFACT_OUTSIDE: scenario('The same, found when the path was put together.'),
    TAPBOOT_E_COPY_MISSING: product('The guest has no such file.'),
    TAPBOOT_E_COPY_FAILED: product('The file could not be read or written in the guest.'),
    TAPBOOT_E_COPY_TIMEOUT: product(
      'The copy had not come to its end in time; nothing of it is left.',
    ),
    TAPBOOT_E_COPY_DAMAGED: infra(
      "Size or digest of a copy differ from the original's; nothing of it is left.",
    ),
    TAPBOOT_E_DISK_EXPECTATION: product(
      'The raw disk is not as expected; each finding is listed with its offset.',
    ),
    TAPBOOT_E_DISK_KIND: scenario('No disk inspection knows this kind of finding.'),
    TAPBOOT_E_DISK_NOTHING_EXPECTED: scenario('A look at a disk that expects nothing.'),
    TAPBOOT_E_DISK_UNREADABLE: infra('The disk image cannot be read on the host.'),
    TAPBOOT_E_DISK_VIEW: infra('No readable view of a disk could be made.'),
    TAPBOOT_E_SEARCH_BLANK: scenario('Searching for nothing but zero bytes.'),
    TAPBOOT_E_SEARCH_MISSING: scenario('A byte string was judged that had not been searched for.'),
    TAPBOOT_E_DISKS_IN_USE: scenario('A second machine was to use the disks of a running one.'),
    TAPBOOT_E_RESURRECT_RUNNING: scenario('`resurrect` while the machine is still on.'),
  },
  Library: {
    TAPBOOT_E_FIXTURE_OPTIONS: scenario(
      'Options of `bootImageVm()` that exclude each other, an unknown `subject`, or a test context that cannot be waited for.',
    ),
    TAPBOOT_E_MACHINE_OPTION: scenario('A machine option with a wrong value.'),
    TAPBOOT_E_LIMIT: scenario('A `timeoutMs` that is no time, or longer than 7 days.'),
    TAPBOOT_E_STATE_UNKNOWN: scenario('A snapshot that no machine of this process has saved.'),
    TAPBOOT_E_VM_CLOSED: scenario('The machine was used after it had been closed.'),
    TAPBOOT_E_COMMAND_STATUS: product(
      'A command that was to succeed ended with another status than 0.',
    ),
    TAPBOOT_E_GUEST_COMMANDS: product(
      "The shim's `assert_commands_available`: the guest lacks commands.",
    ),
    TAPBOOT_E_SHIM_ISO: scenario(
      "The shim's `boot_image_iso` for an image that is booted without an ISO: ask for `debian:iso`.",
    ),
    TAPBOOT_E_SHIM_SSH: scenario(
      "The shim's `run_ssh` with another key or port than the machine's own.",
    ),
  },
  'Reports, known issues, merging': {
    TAPBOOT_E_REPORT: scenario(
      'A `--report` names no format, lacks its target, or shares it with another.',
    ),
    TAPBOOT_E_STDOUT: infra(
      'The report on stdout is incomplete: it could not be written to, e.g. a full disk behind a redirection.',
    ),
    TAPBOOT_E_REPORT_WRITE: infra(
      'A report cannot be written. The run goes on; its exit code is 4.',
    ),
    TAPBOOT_E_KNOWN_ISSUES: scenario('A mistake in the file of [known issues](known-issues.md).'),
    TAPBOOT_E_KNOWN_ISSUES_FILE: scenario('The file of known issues cannot be read.'),
    TAPBOOT_E_KNOWN_ISSUE_EXPIRED: scenario(
      'A known issue is past its day: the defect should be gone.',
    ),
    TAPBOOT_E_KNOWN_ISSUE_STALE: scenario(
      'The scenario of a known issue ran without the failure that it names.',
    ),
    TAPBOOT_E_MERGE_INPUT: scenario('What should be merged holds no run.'),
    TAPBOOT_E_MERGE_TWICE: scenario('The same run is to be merged twice.'),
    TAPBOOT_E_MERGE_SHARDS: scenario(
      'Shards (`run --shard`) that are of different lists, or together lack a scenario, or have one twice.',
    ),
    TAPBOOT_E_MERGE_UNFINISHED: infra('A merged run did not come to its end.'),
    TAPBOOT_E_NEW_EXISTS: scenario('`tapboot new` found a file of that name, and left it alone.'),
    TAPBOOT_E_NEW_NAME: scenario('`tapboot new` was given words that cannot name a scenario.'),
  },
  Record: {
    TAPBOOT_E_RECORD_WRITE: infra('A file of the record cannot be written.'),
    TAPBOOT_E_RECORD_INVALID: infra('The record violates its own schema: a defect of tapboot.'),
    TAPBOOT_E_QUEUE_DAMAGED: infra(
      'The queue file cannot be read. Look at it, and remove it when nothing in it matters.',
    ),
    TAPBOOT_E_QUEUE_STALE: scenario(
      'A scenario on the queue is no longer in its file, or the file is gone. Bring it back, or take it off the queue.',
    ),
  },
};

/** What a section of the page begins with. */
export const INTRODUCTIONS: { [Section in keyof typeof ERROR_CODES]?: string } = {
  "The guest's death":
    "Class `guest-dead`. The console's last lines come with the error; serial.log has all of them.",
  'Scenario and plan files':
    'Class `scenario`. `tapboot check` finds all of these without starting anything.',
};

type Sections = typeof ERROR_CODES;

type CodesOf<Section, C> = {
  [Code in keyof Section]: Section[Code] extends Row<infer Classes>
    ? Extract<C, Classes> extends never
      ? never
      : Code
    : never;
}[keyof Section];

/** A code of the table; of class `C`, where one is named. */
export type ErrorCode<C extends FailureClass = FailureClass> = {
  [Title in keyof Sections]: CodesOf<Sections[Title], C>;
}[keyof Sections];
