import { defineDetector } from '../../engine/detector.ts';
import { CONTROL_PLANE_ABUSE_VERSION } from './control-plane-abuse.detector.ts';
import { ControlPlaneAbuseSettings } from './control-plane-abuse.settings.ts';
import { ControlPlaneAbuseWatcher } from './control-plane-abuse.watcher.ts';

export const controlPlaneAbuse = defineDetector({
  type: 'control-plane-abuse',
  version: CONTROL_PLANE_ABUSE_VERSION,
  scope: 'estate',
  settings: ControlPlaneAbuseSettings,
  make: (deps) => new ControlPlaneAbuseWatcher(deps),
  page: {
    title: 'Control-plane abuse',
    summary: 'A service of the gateway leads to what runs the gateway or its machine, and somebody uses or tries it.',
    method:
      "The host and port that a service leads to (and the port and the loopback or link-local address that the balancer went to, where the service names a Kong upstream). For certain: Kong's Admin API, Manager and Status API (8001, 8444, 8002, 8445, 8007, 8100) on the gateway's own host or on a host named after Kong; the metadata addresses of the clouds; Docker (2375, 2376), etcd (2379), Kubernetes (6443, `kubernetes.default`), the kubelet (10250, 10255); Consul (8500, 8501) on a host of that name. Ports 8001 and 8444 on any other host count once it answered 2xx for three of the Admin API's collections, two of which nobody else has. One alert a service. That the control plane answered through the gateway is told once; then callers that came more than a day after its first answer, answers to nobody (no credential, where the control plane asks for none itself), and 401 and 403: ten of one caller in ten minutes with several keys or paths or none, or forty of five callers. One key at one path again and again is a client whose key has ended, and is not told.",
    owasp: ['API8:2023'],
    attack: ['T1078', 'T1110'],
    severity: {
      low: 'it was only asked how it is (`/status`, `/health`, `/metrics`), or is the Status API',
      medium: 'it can be reached through the gateway, once; somebody without keys is refused again and again',
      high: 'a new caller was answered, nobody in particular was, or keys or paths are guessed',
      critical:
        'somebody without a credential, or who guessed before, changed something (2xx to POST, PUT, PATCH, DELETE)',
    },
    falsePositives: [
      'an Admin API that is meant to be reached through the gateway (told once as medium)',
      'an administrator who is new, or comes from a new network where addresses are the only identity',
      'after a restart of the analyzer, what is told once is told again',
    ],
    tuning: [
      'except the service with a reason, or the administrators by consumer',
      'set `adminPorts` where the Admin API listens elsewhere',
      'raise `learnHours` where administrators come once a week',
    ],
    scenarios: { positive: ['control-plane-abuse', 'control-plane-guessing'], negative: ['none'] },
  },
});
