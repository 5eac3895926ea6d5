import { after, before, describe } from 'node:test'
import type { StoreName } from './deviations.ts'
import type { S3Server } from './servers/s3-server.ts'
import { s3Servers } from './servers/s3-servers.ts'

/** A server in a suite: its name at once, itself once tests run. */
export interface ServerInSuite {
  readonly name: StoreName
  server(): S3Server
}

/** Runs a suite against every S3 that this machine can have; each is started once, and ended after its tests. */
export function onEachServer(title: string, define: (given: ServerInSuite) => void): void {
  for (const starter of s3Servers()) {
    describe(`${title}: ${starter.name}`, () => {
      let started: S3Server | undefined
      before(async () => {
        started = await starter.start()
      })
      after(() => started?.stop())
      define({
        name: starter.name,
        server: () => {
          if (started === undefined) throw new Error(`${starter.name} is not up yet`)
          return started
        },
      })
    })
  }
}
