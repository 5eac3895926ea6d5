import { pino } from 'pino'
import { declareLocally, parseConfig, startServer } from '../../server/main.ts'
import { NAMESPACE } from './acknowledged.ts'

// The server that dies: started as any other, from the variables of its environment.
const server = await startServer(parseConfig(process.env), pino({ level: 'fatal' }))
await declareLocally(server.catalog, NAMESPACE)
process.send?.({ ready: true })
// It must not outlive the process that is to kill it.
process.once('disconnect', () => process.exit(0))
