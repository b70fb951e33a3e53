import t from 'tap';
import { parsePathInfo } from '../../../driver/image/nix/path-info.js';
import { nixFailure } from '../../../driver/image/nix/nix-command.js';
import { isStorePath, storeObjectOf } from '../../../driver/image/nix/store-path.js';

const HASH = '0123456789abcdfghijklmnpqrsvwxyz';
const PATH = `/nix/store/${HASH}-image`;
const DERIVER = `/nix/store/${HASH}-image.drv`;
const EXPECTED = {
  storePath: PATH,
  deriver: DERIVER,
  narHash: 'sha256-UtzkS0XTe9pLHxjhpA5cykkX17Edn0XwbTjHDoJKNfk=',
  registrationTime: 1_700_000_000,
};
const INFO = {
  deriver: DERIVER,
  narHash: EXPECTED.narHash,
  narSize: 383_088,
  registrationTime: 1_700_000_000,
  references: [],
};

t.test('every form of nix path-info --json', async (t) => {
  const other = { [`/nix/store/${HASH}-other`]: { ...INFO, narHash: 'sha256-other' } };
  const forms: Record<string, unknown> = {
    'array with path': [
      { ...INFO, path: `${PATH}-other` },
      { ...INFO, path: PATH, valid: true },
    ],
    'object keyed by path': { ...other, [PATH]: INFO },
    'object below info': { version: 2, storeDir: '/nix/store', info: { ...other, [PATH]: INFO } },
    'base names, hash as object': {
      version: 3,
      info: {
        [`${HASH}-image`]: {
          ...INFO,
          deriver: `${HASH}-image.drv`,
          narHash: { algorithm: 'sha256', format: 'base64', hash: EXPECTED.narHash.slice(7) },
        },
      },
    },
  };
  for (const [name, form] of Object.entries(forms)) {
    t.same(parsePathInfo(JSON.stringify(form), PATH), EXPECTED, name);
  }
  t.same(
    parsePathInfo(
      JSON.stringify({ [PATH]: { ...INFO, deriver: null, narHash: 'sha256:0x' } }),
      PATH,
    ),
    { storePath: PATH, narHash: 'sha256:0x', registrationTime: 1_700_000_000 },
    'no deriver, hash of an old nix',
  );
});

t.test('an answer about something else is an error that shows it', async (t) => {
  const answers: unknown[] = [
    [],
    {},
    [{ ...INFO, path: `${PATH}-other` }],
    [{ path: PATH, valid: false }],
    { [PATH]: null },
    { info: {} },
    'text',
  ];
  for (const answer of answers) {
    t.throws(() => parsePathInfo(JSON.stringify(answer), PATH), {
      code: 'TAPBOOT_E_NIX_PATH_INFO',
      failureClass: 'infra',
    });
  }
  t.throws(() => parsePathInfo('no JSON', PATH), {
    code: 'TAPBOOT_E_NIX_PATH_INFO',
    details: { got: 'no JSON' },
  });
});

t.test('what nix says on stderr is told apart', async (t) => {
  const cases: [string, string, string][] = [
    [
      "error: experimental Nix feature 'nix-command' is disabled; add '--extra-experimental-features nix-command'",
      'TAPBOOT_E_NIX_FLAKES',
      'infra',
    ],
    ["error: unrecognised flag '--print-out-paths'", 'TAPBOOT_E_NIX_FLAKES', 'infra'],
    [
      "error: flake 'path:/f' does not provide attribute 'packages.x86_64-linux.x'\n       Did you mean y?",
      'TAPBOOT_E_NIX_ATTRIBUTE',
      'scenario',
    ],
    ['error: could not find a flake.nix file', 'TAPBOOT_E_NIX_FLAKE', 'scenario'],
    [
      "error: builder for '/nix/store/x.drv' failed with exit code 3;\n last 1 log lines:\n > mkdir: No such file or directory",
      'TAPBOOT_E_NIX_BUILD',
      'infra',
    ],
    [
      "error: Cannot build '/nix/store/x.drv'.\n       Reason: builder failed with exit code 3.",
      'TAPBOOT_E_NIX_BUILD',
      'infra',
    ],
    [
      "error: getting status of '/f/gone': No such file or directory",
      'TAPBOOT_E_NIX_FLAKE',
      'scenario',
    ],
    [
      "error:\n … while fetching the input 'path:/f'\n\n error: path '//f' does not exist",
      'TAPBOOT_E_NIX_FLAKE',
      'scenario',
    ],
    [
      "error:\n … while evaluating the attribute 'x'\n\n error: path '/nix/store/s/x.nix' does not exist",
      'TAPBOOT_E_NIX_FAILED',
      'infra',
    ],
    ['error: undefined variable', 'TAPBOOT_E_NIX_FAILED', 'infra'],
  ];
  for (const [stderr, code, failureClass] of cases) {
    const error = nixFailure(['build', 'a b'], stderr.split('\n'), {
      missing: false,
      ending: 'ended with status 1',
    });
    t.match(error, { code, failureClass, details: { output: stderr } }, stderr);
    t.equal(error.details.got, "nix build 'a b' ended with status 1");
  }
  const long = Array.from({ length: 100 }, (_unused, index) => `line ${index}`);
  const error = nixFailure(['build'], long, { missing: false, ending: 'ended by SIGKILL' });
  t.equal(error.details.output?.split('\n').length, 40, 'the tail only');
  t.match(error.details.output, /line 99$/);
  t.match(error.details.got, /SIGKILL/);
});

t.test('store paths are known wherever the store lies', async (t) => {
  t.equal(storeObjectOf(`${PATH}/iso/x.iso`), PATH);
  t.equal(storeObjectOf(`/tmp/t/store/${HASH}-a`), `/tmp/t/store/${HASH}-a`);
  for (const path of [
    '/nix/store',
    '/nix/store/short-x',
    `/nix/var/${HASH}-x`,
    `store/${HASH}-x`,
  ]) {
    t.equal(isStorePath(path), false, path);
  }
});
