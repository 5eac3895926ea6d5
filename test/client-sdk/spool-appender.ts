import { openSpool } from '../../client-sdk/node.ts'
import { recordOf } from './spool-fixture.ts'

// A process of its own that appends records, then ends in the way that it was told to.
const [directory = '', job = '', count = '0', ending = 'close'] = process.argv.slice(2)
const spool = await openSpool({ directory })
for (let step = 0; step < Number(count); step += 1) {
  await spool.append(recordOf(step, { job }))
  process.send?.(step)
}
if (ending === 'drain-and-die') {
  await spool.drain(() => process.kill(process.pid, 'SIGKILL') && new Promise(() => undefined))
}
await spool.close()
