import { createReadStream } from 'node:fs'
import { parseConfig } from '../../server/config.ts'
import { importExport } from '../../server/maintain.ts'

// A process of its own that imports a part of a file, says so, and waits until it is killed.
const [file = '', stopAfter = '0'] = process.argv.slice(2)

async function* stopping(): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 4096 })) {
    yield chunk
    sizeBytes += chunk.length
    if (sizeBytes < Number(stopAfter)) continue
    process.send?.('waiting')
    await new Promise((resolve) => process.once('disconnect', resolve))
  }
}

await importExport(parseConfig(process.env), stopping(), {
  keys: [],
  onProgress: () => undefined,
})
