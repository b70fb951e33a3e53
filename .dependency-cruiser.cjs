// The direction of data flow, checked: scenario → plan → image → VM → guest → steps → record →
// reports. Types may be shared more freely than code; a rule about code says so.

/** Folders that touch a running guest or its QEMU. */
const VM_FLOORS = '^driver/(qemu|controller|channel|steps|watchdog|fixtures|run)/';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle has no first file to read.',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'record-stays-out-of-vms',
      severity: 'error',
      comment: 'Reports, record and ledger live on events alone; they never reach into a VM.',
      from: { path: '^driver/(report|metadata|ledger|events)/' },
      to: { path: VM_FLOORS },
    },
    {
      name: 'scenario-knows-nothing-below',
      severity: 'error',
      comment: 'The scenario language is read and checked without any machine.',
      from: { path: '^driver/scenario/' },
      to: {
        path: '^driver/',
        pathNot: '^driver/(scenario/|redact/|(errors|shell-quote)\\.ts$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'residue-is-independent',
      severity: 'error',
      comment: 'Disk inspection gets a path to a raw file, and knows of nothing else.',
      from: { path: '^driver/residue/' },
      to: { path: '^driver/', pathNot: '^driver/(residue/|errors\\.ts$)' },
    },
    {
      name: 'image-knows-no-vm',
      severity: 'error',
      comment: 'A provider makes files; who boots them is not its concern.',
      from: { path: '^driver/image/' },
      to: { path: VM_FLOORS },
    },
    {
      name: 'channel-knows-no-steps',
      severity: 'error',
      comment: 'Channels carry commands and judge nothing.',
      from: { path: '^driver/(channel|qemu|watchdog)/' },
      to: { path: '^driver/(steps|controller|fixtures|run|report|metadata|ledger)/' },
    },
    {
      name: 'steps-write-no-reports',
      severity: 'error',
      comment: 'A step says what happened by events.',
      from: { path: '^driver/(steps|controller)/' },
      to: { path: '^driver/(report|ledger)/' },
    },
    {
      name: 'nothing-below-cli-imports-cli',
      severity: 'error',
      comment: 'The command line is the edge.',
      from: { path: '^driver/', pathNot: '^driver/cli/' },
      to: { path: '^driver/cli/' },
    },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      comment: 'An installed tapboot has its dependencies only.',
      from: { path: '^driver/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '@types/' },
    },
    {
      name: 'nothing-unresolvable',
      severity: 'error',
      comment: 'An import of a module that is not there fails only when it is reached.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
