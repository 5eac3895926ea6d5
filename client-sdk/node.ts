export { openSpool, type SpoolOptions } from './spool/open-spool.ts'
export type { DiskSpool } from './spool/disk-spool.ts'
export type { DiskSpoolStatus, SpooledFile, SpoolPlace } from './spool/inspect.ts'
export type { LineGap } from './spool/gaps.ts'
export type { SpoolProblem } from './spool/refused.ts'
export { openStaging, type StagingOptions } from './staging/open-staging.ts'
export { openDiskStore } from './stores/disk.ts'
export { openDiskReader, type BlobReader } from './stores/disk-reader.ts'
export {
  restore,
  type RestoredFile,
  type RestoredStage,
  type RestoredState,
  type RestoreOptions,
} from './restore/restore.ts'
export type { RestoreProgress } from './restore/restore-meter.ts'
export {
  captureEnvironment,
  type CapturedEnvironment,
  type CaptureOptions,
  type UnknownFact,
} from './capture/capture-environment.ts'
export { sectionDigests } from './capture/section-digests.ts'
export type { HardwareContext } from './capture/hardware.ts'
export { openHeadFolder } from './stores/head-folder.ts'
export { openTileFolder } from './stores/tile-folder.ts'
