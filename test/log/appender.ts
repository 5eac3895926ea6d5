import { pino } from 'pino'
import { openCatalog } from '../../server/compose.ts'
import { parseConfig } from '../../server/config.ts'
import { declaring, upTo } from './drafts.ts'

// A process of its own that appends to a catalog which others have open, and says where its entries stand.
const [namespace = '', name = '', count = '0'] = process.argv.slice(2)
const catalog = await openCatalog(parseConfig(process.env), { logger: pino({ level: 'silent' }) })
const places = await Promise.all(
  upTo(Number(count)).map((number) =>
    catalog.context.log.append(declaring(namespace, `${name}-${number}`)),
  ),
)
await catalog.close()
process.send?.(places.map((place) => place.index))
