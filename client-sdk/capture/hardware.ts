import { readdir, readFile } from 'node:fs/promises'
import { cpus, endianness, machine } from 'node:os'
import { join } from 'node:path'
import type { Json } from '../api.ts'
import { sectionOf, type Section } from './section.ts'

/** Facts about the processor that vary within a fleet; beside the document, so that they change no digest. */
export interface HardwareContext {
  readonly cpuModel: string | null
  readonly cpuCount: number
  /** Which of the instruction sets that change numeric results it has; null when the system does not say. */
  readonly cpuFlags: readonly string[] | null
}

const numericFlags = new Set([
  'avx',
  'avx2',
  'avx512f',
  'avx512_bf16',
  'amx_tile',
  'fma',
  'sse4_2',
  'asimd',
  'sve',
  'sve2',
])

/** Most accelerators of one machine that are listed. */
const ACCELERATORS_MAX_COUNT = 64

const NVIDIA = '/proc/driver/nvidia'

/** The kind of machine, and its NVIDIA driver and devices; the files of the driver are read, nothing is run. */
export async function readHardware(): Promise<Section> {
  return sectionOf([
    ['arch', machine(), ''],
    ['endianness', endianness(), ''],
    ['nvidia', await nvidia(), 'it is only looked for on Linux, in the files of the driver'],
  ])
}

/** What the processor is; for people to look at, not to compare by. */
export async function readHardwareContext(): Promise<HardwareContext> {
  const all = cpus()
  const info = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  const flags = /^(?:flags|Features)\s*:(?<flags>.*)$/m.exec(info)?.groups?.['flags']
  return {
    cpuModel: all[0]?.model ?? null,
    cpuCount: all.length,
    cpuFlags:
      flags
        ?.split(' ')
        .filter((flag) => numericFlags.has(flag))
        .sort() ?? null,
  }
}

/** Null when no such driver is loaded; undefined when that cannot be told. */
async function nvidia(): Promise<Json | undefined> {
  if (process.platform !== 'linux') return undefined
  const version = await readFile(join(NVIDIA, 'version'), 'utf8').catch(() => undefined)
  if (version === undefined) return null
  const driver = / (?<driver>\d+\.\d+(?:\.\d+)?) /.exec(version)?.groups?.['driver']
  const devices = await readdir(join(NVIDIA, 'gpus')).catch(() => [])
  const models: string[] = []
  for (const device of devices.slice(0, ACCELERATORS_MAX_COUNT)) {
    const path = join(NVIDIA, 'gpus', device, 'information')
    const text = await readFile(path, 'utf8').catch(() => '')
    models.push(/^Model:\s*(?<model>.+)$/m.exec(text)?.groups?.['model'] ?? 'unknown')
  }
  return { driver: driver ?? null, models: models.sort() }
}
