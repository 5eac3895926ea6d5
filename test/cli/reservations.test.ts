import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openWorkplace, type Workplace } from './command-fixture.ts'

describe('workers that are shell scripts', () => {
  let place: Workplace
  let variables: Readonly<Record<string, string>>
  let run = ''
  const split = (words: string): readonly string[] => words.split(' ')
  const ask = async (words: string) => await place.ask(split(words), { variables })
  const cairn = async (words: string) => await place.run(split(words), { variables })

  before(async () => {
    place = openWorkplace()
    const server = await place.serve()
    variables = { CAIRN_URL: server.ready.url, CAIRN_TOKEN: server.ready.token ?? '' }
    run = (await ask('resume --job parallel')).run.run
    for (const rank of [0, 1]) {
      writeFileSync(join(place.directory, `shard-${rank}.bin`), `state of ${rank}`)
    }
  })
  after(() => place.remove())

  it('assemble one checkpoint, which the last of them registers', async () => {
    const reserve = `reserve --run ${run} --step 5 --world-size 2 --param rate=0.5`
    const { reservation, missing } = await ask(reserve)
    assert.deepEqual(missing, [0, 1])
    assert.equal((await ask(reserve)).reservation, reservation)
    const put = (rank: number): string =>
      `shard ${reservation} --rank ${rank} --store disk:./states --file shard-${rank}.bin --seed numpy=${rank}`
    assert.equal((await ask(put(1))).status, 'waiting')
    assert.match((await cairn(`reservations get ${reservation}`)).stdout, /missing\s+0\n/)
    const early = await cairn(`finalize ${reservation} --json`)
    assert.equal(early.code, 2)
    assert.equal(JSON.parse(early.stderr).code, 'SHARDS_INCOMPLETE')
    const last = await ask(put(0))
    assert.equal(last.status, 'registered')
    assert.equal((await ask(`finalize ${reservation}`)).checkpoint, last.checkpoint)
    const { plan } = await ask('resume --job parallel --restore-into state')
    assert.equal(plan.checkpoint, last.checkpoint)
  })

  it('see what a reservation that was given up left behind', async () => {
    const { run: next } = (await ask('resume --job parallel')).run
    const { reservation } = await ask(`reserve --run ${next} --step 6 --world-size 2 --lease 600`)
    await ask(`shard ${reservation} --rank 0 --store disk:./states --file shard-0.bin`)
    await ask(`reservations abandon ${reservation} --note spoiled`)
    const { items } = await ask('reservations list --state abandoned --job parallel')
    assert.deepEqual(
      items.map((one: { blobs: readonly { name: string }[] }) => one.blobs.map(({ name }) => name)),
      [['shard-0.bin']],
    )
    assert.match((await cairn('reservations list')).stdout, /asked\s+1\/2\s+1/)
    const late = await cairn(`shard ${reservation} --rank 1 --json`)
    assert.equal(late.code, 4)
    assert.equal(JSON.parse(late.stderr).code, 'RESERVATION_ENDED')
    assert.equal((await cairn(`shard ${reservation} --rank 1 --file shard-1.bin`)).code, 2)
  })
})
