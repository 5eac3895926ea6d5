import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { isCatalogError } from '../../schema/errors.ts'
import { openFrameReader, openFrameWriter, type Frame } from '../../server/move/export-frames.ts'
import { dialects, openTestCatalog } from '../harness/catalog.ts'
import { declareScene } from '../register/scene.ts'
import {
  assertEmpty,
  checkOf,
  exportOf,
  importInto,
  openSibling,
  piecesOf,
  useFilled,
} from './moving.ts'

const ENTRY_COUNT = 200
/** Bytes between those whose flip goes through a whole import; a prime, so that all frames have their turn. */
const IMPORT_STRIDE = 1_999

const isCorrupt = (error: unknown): boolean =>
  isCatalogError(error) && error.code === 'COPY_CORRUPT' && error.message.length > 40

function read(bytes: Uint8Array): readonly Frame[] {
  const reader = openFrameReader()
  const frames = reader.push(bytes)
  reader.end()
  return frames
}

/** Another bit of each byte, so that small changes are tried as well as large ones. */
function flip(bytes: Buffer, offset: number): void {
  bytes.writeUInt8(bytes.readUInt8(offset) ^ (1 << (offset % 8)), offset)
}

describe('an export that is not as it was written', () => {
  const scene = useFilled('sqlite', ENTRY_COUNT)

  test('each flipped byte is refused when it is read', async () => {
    const bytes = await exportOf(scene().at)
    assert.ok(read(bytes).filter((frame) => frame.kind === 'entry').length >= ENTRY_COUNT)
    for (let offset = 0; offset < bytes.length; offset += 1) {
      flip(bytes, offset)
      assert.throws(() => read(bytes), isCorrupt, `byte ${offset}`)
      flip(bytes, offset)
    }
    read(bytes)
  })

  test('cut off anywhere, or with something behind its end, it is refused', async () => {
    const bytes = await exportOf(scene().at)
    for (let length = 0; length < bytes.length; length += length < 2_000 ? 1 : 97) {
      assert.throws(() => read(bytes.subarray(0, length)), isCorrupt, `${length} bytes`)
    }
    assert.throws(() => read(bytes.subarray(0, -1)), isCorrupt)
    assert.throws(() => read(Buffer.concat([bytes, Buffer.from('\n')])), isCorrupt)
    assert.throws(() => read(Buffer.concat([bytes, bytes])), isCorrupt)
  })

  test('a flip in any frame is refused also where the digest has been made to fit', async () => {
    const target = await openSibling('sqlite', scene().at)
    try {
      const { signer } = scene().at.catalog.context
      const keys = signer.verifierKeys('airline' as never)
      const frames = read(await exportOf(scene().at))
      for (const [place, frame] of frames.entries()) {
        // Its keys are not used, where others are pinned.
        if (frame.kind === 'header' || place % 7 !== 0) continue
        await assert.rejects(
          importInto(target, forge(frames, place, frame.payload.length >> 1), { keys }),
          isCorrupt,
          `frame ${place}, ${frame.kind}`,
        )
      }
      const last = frames.length - 1
      await assert.rejects(importInto(target, forge(frames, last, 3), { keys }), isCorrupt)
      await assert.rejects(importInto(target, written(frames.slice(0, -1)), { keys }), isCorrupt)
      await assert.rejects(importInto(target, written(frames.slice(1)), { keys }), isCorrupt)
      await assertEmpty(target)
      await importInto(target, written(frames), { keys })
    } finally {
      await target.close()
    }
  })

  for (const dialect of dialects) {
    test(`on ${dialect} no refused import leaves anything behind`, async () => {
      const target = await openTestCatalog(dialect)
      try {
        const bytes = await exportOf(scene().at)
        for (let offset = 0; offset < bytes.length; offset += IMPORT_STRIDE) {
          flip(bytes, offset)
          await assert.rejects(importInto(target, bytes), isCorrupt, `byte ${offset}`)
          flip(bytes, offset)
        }
        await assert.rejects(importInto(target, bytes.subarray(0, -80)), isCorrupt)
        await assertEmpty(target)
        await importInto(target, bytes)
      } finally {
        await target.close()
      }
    })

    test(`on ${dialect} an entry that no server writes is refused, whoever has signed it`, async () => {
      const wrong = [
        [{ kind: 'coffee.made', subject: 'espresso' }, /its kind is none that a catalog writes/],
        [{ kind: 'run.closed', subject: 'r', outcome: 'succeeded', by: 'me' }, /the member "by"/],
        [{ kind: 'namespace.declared', subject: 'other', spec: {} }, /declares another namespace/],
      ] as const
      for (const [draft, why] of wrong) {
        const source = await openTestCatalog(dialect)
        const target = await openTestCatalog(dialect)
        try {
          await declareScene(source, 'airline')
          await source.catalog.context.log.append({
            namespace: 'airline' as never,
            actor: 'forger',
            opensLog: false,
            reads: [],
            decide: () => ({ drafts: [{ entry: draft as never }], result: () => null }),
          })
          await assert.rejects(
            importInto(target, await exportOf(source)),
            (error) => isCorrupt(error) && why.test(String(error)),
          )
          await assertEmpty(target)
        } finally {
          await source.close()
          await target.close()
        }
      }
    })

    test(`on ${dialect} a tree head that was left out is named`, async () => {
      const target = await openTestCatalog(dialect)
      try {
        const frames = read(await exportOf(scene().at))
        const inner = frames.filter((frame) => frame.kind === 'head').slice(0, -1)
        const middle = inner[inner.length >> 1]
        assert.ok(middle && inner.length > 10)
        const size = parseInt(Buffer.from(middle.payload).toString(), 10)
        await assert.rejects(
          importInto(target, written(frames.filter((frame) => frame !== middle))),
          (error) => isCorrupt(error) && String(error).includes(`tree head of size ${size} `),
        )
        const none = frames.filter((frame) => !inner.includes(frame))
        await assert.rejects(importInto(target, written(none)), isCorrupt)
        await assertEmpty(target)
        await importInto(target, written(frames))
      } finally {
        await target.close()
      }
    })

    test(`on ${dialect} a key in the header that is no text is refused`, async () => {
      const target = await openTestCatalog(dialect)
      try {
        const [header, ...rest] = read(await exportOf(scene().at))
        assert.ok(header)
        for (const key of [{ toString: 1, valueOf: 1 }, null, 7, ['key']]) {
          const said = { ...JSON.parse(Buffer.from(header.payload).toString()), keys: [key] }
          const payload = Buffer.from(JSON.stringify(said))
          const forged = written([{ ...header, payload }, ...rest])
          await assert.rejects(importInto(target, forged), isCorrupt, JSON.stringify(key))
        }
        await assertEmpty(target)
      } finally {
        await target.close()
      }
    })

    test(`on ${dialect} an import that is killed in its middle leaves nothing behind`, async () => {
      const target = await openTestCatalog(dialect)
      try {
        const bytes = await exportOf(scene().at)
        const file = join(target.config.dataDirectory, 'airline.export')
        writeFileSync(file, bytes)
        const child = fork(
          new URL('./slow-importer.ts', import.meta.url),
          [file, String(Math.floor(bytes.length * 0.7))],
          { execArgv: [], env: { ...process.env, ...variablesOf(target.config) } },
        )
        const exited = once(child, 'exit')
        await once(child, 'message')
        child.kill('SIGKILL')
        await exited
        await assertEmpty(target)
        assert.deepEqual((await checkOf(target.config)).findings, [])
        await importInto(target, bytes)
        assert.deepEqual((await checkOf(target.config)).findings, [])
      } finally {
        await target.close()
      }
    })
  }

  test('bytes may come in pieces of any size', async () => {
    const bytes = await exportOf(scene().at)
    const whole = read(bytes)
    const reader = openFrameReader()
    const frames: Frame[] = []
    for await (const piece of piecesOf(bytes)) frames.push(...reader.push(piece))
    reader.end()
    assert.deepEqual(frames, whole)
  })
})

/** The export with one bit of a frame's payload changed, and a digest that fits. */
function forge(frames: readonly Frame[], place: number, at: number): Buffer {
  return written(
    frames.map((frame, other) => {
      if (other !== place) return frame
      const payload = Buffer.from(frame.payload)
      flip(payload, at)
      return { ...frame, payload }
    }),
  )
}

function written(frames: readonly Frame[]): Buffer {
  const writer = openFrameWriter()
  return Buffer.concat([writer.write(frames), writer.end()])
}

function variablesOf(config: {
  readonly dataDirectory: string
  readonly database: { readonly kind: string; readonly url?: string }
}): Record<string, string> {
  const { url } = config.database
  return {
    CAIRN_DATA_DIR: config.dataDirectory,
    ...(url === undefined ? {} : { CAIRN_DATABASE_URL: url }),
  }
}
