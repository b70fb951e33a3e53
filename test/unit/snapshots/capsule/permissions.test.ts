import t from 'tap';
import { parseCapsule, type Capsule } from '../../../../driver/snapshots/capsule/format.js';
import {
  demandHostFiles,
  imageAllowed,
  machineAllowed,
  type Permission,
} from '../../../../driver/snapshots/capsule/permissions.js';

const NOTHING = new Set<Permission>();
const refused = { code: 'TAPBOOT_E_CAPSULE_PERMISSION', failureClass: 'scenario' };

const machine = { memoryBytes: 1, cpus: 1, disks: [], network: 'internet' as const };

const step = (kind: string, more: object = {}): object => ({
  kind,
  title: kind,
  timeoutMs: 1000,
  ...more,
});

const copied = (host: string): object =>
  step('copy', { transfer: { direction: 'in', host, guest: '/run/x' } });

const capsule = (spec: string, steps: object[] = []): Capsule =>
  ({ scenario: { machine, steps }, image: { spec } }) as unknown as Capsule;

t.test('a machine that could go out is isolated, and that is reported', async (t) => {
  const said: string[] = [];
  const { scenario } = capsule('debian');
  t.match(
    machineAllowed(scenario, NOTHING, (line) => said.push(line)),
    { network: 'isolated', cpus: 1 },
  );
  t.match(said, [/--allow network/]);
  t.equal(machineAllowed(scenario, new Set(['network']), t.fail).network, 'internet');
  const none = { ...scenario, machine: { ...machine, network: 'none' as const } };
  t.equal(machineAllowed(none, NOTHING, t.fail).network, 'none');
});

t.test('files of the host are copied into it only when that is allowed', async (t) => {
  const steps = [copied('/etc/shadow'), step('run'), copied('/root/.ssh/id_rsa'), step('run')];
  const at =
    (behind: number, replay: number, allow = NOTHING) =>
    (): void => {
      demandHostFiles(capsule('debian', steps), { behind, replay }, allow);
    };
  t.throws(at(0, 3), { ...refused, details: { got: '/etc/shadow, /root/.ssh/id_rsa' } });
  const rest = { ...refused, details: { got: '/root/.ssh/id_rsa' } };
  t.throws(at(1, 3), rest, 'what is behind it is not copied');
  t.doesNotThrow(at(1, 2));
  t.doesNotThrow(at(0, 3, new Set(['host-files'])));
});

t.test('its image is built, or replaced, only when that is allowed', async (t) => {
  const image = (spec: string, force = false, allow = NOTHING): string | Error => {
    try {
      return imageAllowed(capsule(spec), undefined, { allow, force });
    } catch (error) {
      return error as Error;
    }
  };
  t.equal(image('debian:iso,boot=uefi'), 'debian:iso,boot=uefi');
  t.equal(image('debian', true), 'debian');
  t.equal(image('file:/srv/image.iso'), 'file:/srv/image.iso', 'its digest has to be the same');
  t.match(image('file:/root/secret.raw', true), refused);
  t.match(image('debian:fast,agent=/root/.ssh', true), refused);
  t.match(image('nix:github:somebody/flake#image'), refused);
  t.equal(image('nix:.#image', true, new Set(['image'])), 'nix:.#image');
  t.equal(imageAllowed(capsule('nix:.#x'), 'debian', { allow: NOTHING, force: true }), 'debian');
});

t.test('a scenario that is none is refused when the capsule is read', async (t) => {
  const text = (scenario: object): string =>
    JSON.stringify({
      format: 1,
      tapboot: '0.2.0',
      madeAt: '2026-01-01T00:00:00.000Z',
      run: 'r',
      vm: 'v',
      scenario,
      failure: { step: 1, class: 'product', code: 'X', message: 'm' },
      image: { spec: 'debian', identity: 'aa' },
      accelerator: 'tcg',
      inputs: {},
      states: [],
      missing: [],
      keys: {
        authorizedKey: '',
        clientPrivateKey: '',
        hostPrivateKey: '',
        hostPublicKey: '',
        fingerprint: '',
      },
    });
  const good = { id: 'a', name: 'a', file: 'a.yaml', machine, steps: [step('run')] };
  t.match(parseCapsule(text(good), 'c'), { scenario: { steps: [{ kind: 'run' }] } });
  for (const wrong of [
    { ...good, machine: { ...machine, disks: [{ name: '../../x', sizeBytes: 512 }] } },
    { ...good, machine: { ...machine, cpu: 'max,+x -drive file=/etc/passwd' } },
    { ...good, steps: [null] },
    { ...good, steps: [step('constructor')] },
    { ...good, id: 7 },
  ]) {
    t.throws(() => parseCapsule(text(wrong), 'c'), { code: 'TAPBOOT_E_CAPSULE' });
  }
});
