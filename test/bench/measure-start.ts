import { connect } from 'node:net'
import { once } from 'node:events'
import { startChild } from './child.ts'
import type { BenchDatabase } from './database.ts'
import { lineAt } from './fixture.ts'
import { latestPath } from './measure-reads.ts'
import { makeRequests } from './requests.ts'
import { figureOf, type Figure } from './rounds.ts'
import type { Started } from './serve-child.ts'

/** Seconds from starting the process to its first answer, an authenticated lookup. */
export async function measureStart(database: BenchDatabase, roundCount: number): Promise<Figure> {
  const seconds: number[] = []
  for (let round = 0; round < roundCount; round += 1) {
    const startMs = performance.now()
    const server = startChild('serve-child.ts')
    const { port, token } = await server.ask<Started>({ do: 'start', env: database.env })
    await firstReply(port, makeRequests(token).get(latestPath(lineAt(0))))
    seconds.push((performance.now() - startMs) / 1_000)
    await server.stop()
  }
  return figureOf(seconds)
}

async function firstReply(port: number, request: Buffer): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.write(request)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  if (!answer.toString('latin1').startsWith('HTTP/1.1 200')) {
    throw new Error(`the first reply: ${answer.toString('utf8', 0, 500)}`)
  }
}
