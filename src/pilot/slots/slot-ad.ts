import { architecture } from '#base/architecture.ts';
import { ClassAd } from '#classad/class-ad.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import { reserved } from '#spec/services/reserved.ts';
import { slotAttributes } from '#spec/slot-attributes.ts';
import type { Apptainer } from '../runtime/apptainer.ts';
import type { Mount } from '../runtime/mounts.ts';
import type { Machine } from './machine.ts';
import type { SlotSize } from './slot-size.ts';

const mebi = 2 ** 20;
const kibi = 2 ** 10;

/** What the probe has found of the node. */
interface NodeFound {
  /** Undefined: payloads run without containers. */
  readonly apptainer: Apptainer | undefined;
  readonly mounts: readonly Mount[];
  /** Of the URLs that this pilot transfers. */
  readonly schemes: readonly string[];
  /** What else it has seen, as attributes. */
  readonly seen?: Readonly<Record<string, string | number | boolean>>;
}

const containersOf = (apptainer: Apptainer | undefined): Record<string, string | boolean> =>
  apptainer === undefined
    ? { HasApptainer: false, GLIDEIN_RuntimeTier: 'Direct' }
    : {
        HasApptainer: true,
        ApptainerVersion: apptainer.version,
        GLIDEIN_RuntimeTier: apptainer.tier,
        ...(apptainer.files?.works === false && {
          HasSIF: false,
          GLIDEIN_NoSIFReason: apptainer.files.reason,
        }),
      };

/**
 * The ad of the whole slot: what the group declares, overridden by what this pilot has found out about its node.
 * @throws GlideinError InvalidExpression when the start expression does not parse.
 */
export function slotAd(
  order: PilotOrder,
  machine: Machine,
  size: SlotSize,
  { apptainer, mounts, schemes, seen = {} }: NodeFound,
): ClassAd {
  const ad = new ClassAd();
  const arch = architecture(process.arch);
  for (const [name, value] of Object.entries(slotAttributes(order.spec, arch))) {
    if (typeof value === 'object') ad.setText(name, value.expression);
    else ad.setValue(name, value);
  }
  const taken = reserved(order.spec.services, order.spec.gpus);
  const memory = Math.max(0, Math.floor((size.memory - taken.memory) / mebi));
  const gpus = Math.max(0, size.gpus - taken.gpus);
  const disk = Math.max(0, Math.floor((size.disk - taken.disk) / kibi));
  const found: Record<string, string | number | boolean> = {
    ...seen,
    Name: order.name,
    Machine: machine.host,
    GLIDEIN_Group: order.group,
    GLIDEIN_Site: order.site,
    Arch: arch,
    Memory: memory,
    TotalSlotMemory: memory,
    Disk: disk,
    TotalSlotDisk: disk,
    GPUs: gpus,
    TotalSlotGPUs: gpus,
    DetectedCpus: machine.cpus,
    DetectedMemory: Math.floor(machine.memory / mebi),
    UtsnameRelease: machine.kernel,
    HasFileTransferPluginMethods: schemes.join(','),
    ...containersOf(apptainer),
    GLIDEIN_Network: order.spec.runtime.network,
    GLIDEIN_Binds: mounts.map(({ target }) => target).join(','),
  };
  for (const [name, value] of Object.entries(found)) ad.setValue(name, value);
  return ad;
}
