// The layers of driver/layers.json, low to high: an import goes down, or stays in its room.
// Rooms of one layer do not import each other. Imports of types count as any other.
const rooms = require('./driver/layers.json');
const bundled = require('./bin/bundled.json');

/** The rooms that one may import beside itself. */
function allowedFor({ layer, below = Number(layer) - 1, also = [] }) {
  const lower = rooms.filter((other) => Number(other.layer) <= below).map(({ room }) => room);
  // What is kept of a run is known from the run upwards.
  return [...lower, ...also, ...(Number(layer) >= 9 ? ['record'] : [])];
}

/** The paths of a room, as a regular expression. */
function pathOf(name) {
  const { files = [`${name}/`] } = rooms.find(({ room }) => room === name);
  return `(${files.map((file) => file.replace('.', '\\.')).join('|')})`;
}

const layerRules = rooms.map((one) => {
  const allowed = allowedFor(one);
  return {
    name: `${one.room}-stays-in-its-layer`,
    severity: 'error',
    comment: `driver/${one.room} imports itself and ${allowed.length === 0 ? 'nothing else' : allowed.join(', ')}.`,
    from: { path: `^driver/${pathOf(one.room)}` },
    to: { path: '^driver/', pathNot: `^driver/(${[one.room, ...allowed].map(pathOf).join('|')})` },
  };
});

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle has no first file to read.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'scenario-loads-without-a-machine',
      severity: 'error',
      comment:
        'Scenarios are read and checked by the schemas of steps alone, not by what runs them.',
      from: { path: '^driver/scenario/' },
      to: {
        path: '^driver/(machine|channel|image|steps)/',
        pathNot: '^driver/steps/((step|kind|schemas|[a-z]+-schema)\\.ts|[a-z]+/schema\\.ts)$',
      },
    },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      comment: 'An installed tapboot has its dependencies, and what the build puts into dist/.',
      from: { path: '^driver/' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: `@types/|node_modules/(${bundled.join('|')})/`,
      },
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
