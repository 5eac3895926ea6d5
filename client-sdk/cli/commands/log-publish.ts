import { command } from '../command.ts'
import { required, toggle } from '../flag.ts'
import { readText } from '../flag-values.ts'
import { formatCount } from '../quantity.ts'
import { requireCatalog } from '../require-catalog.ts'
import { configOf, dataDirectory, explainFailure, loadServer } from '../server-config.ts'
import { write, type Report } from '../session.ts'
import { untilStopped } from '../until-stopped.ts'

/** A log that has grown where it is published: sizes in entries, before and now. */
interface Published {
  readonly namespace: string
  readonly before: number
  readonly size: number
}

export const logPublish = command({
  words: 'log publish',
  summary: 'write every log of a catalog on this machine to a folder or a bucket, as C2SP tiles',
  heading: 'Records',
  details:
    'Auditors read the folder without the server ("cairn log verify"), and a log can be repaired from it. A bucket must be one that CAIRN_BUCKETS_FILE lists; "cairn buckets probe" lets it be written with conditions, which several followers of one bucket need. Each namespace has a folder with tiles, entries, documents and, written last, the signed tree head. What is there is not written again; a smaller head, or one that does not continue the published one, is refused. Servers may write meanwhile; one with CAIRN_PUBLISH_FOLDER does this by itself.',
  takes: {
    folder: required(
      {
        usage: '--folder <folder>',
        summary: 'where to publish: a folder, or s3://bucket/prefix in CAIRN_BUCKETS_FILE',
      },
      readText,
    ),
    follow: toggle('--follow', 'go on with what is written, until it is stopped'),
    dataDirectory,
  },
  run: async (session, values) => {
    const { publishLogs } = await loadServer()
    const config = await configOf(session, values)
    requireCatalog(config)
    const stopping = new AbortController()
    void untilStopped().then(() => stopping.abort())
    const published = new Map<string, Published>()
    try {
      await publishLogs(config, {
        folder: values.folder,
        follow: values.follow,
        signal: stopping.signal,
        onPublished: (one) => {
          const before = published.get(one.namespace)?.before ?? one.before
          published.set(one.namespace, { ...one, before })
          if (values.follow && !session.json) void write(session.errors, `${lineOf(one)}\n`)
        },
      })
    } catch (error) {
      throw explainFailure(error, config)
    }
    return reportOf([...published.values()])
  },
})

function reportOf(published: readonly Published[]): Report {
  return {
    document: { published },
    text: () =>
      published.length === 0 ? 'Nothing new to publish.' : published.map(lineOf).join('\n'),
  }
}

function lineOf({ namespace, before, size }: Published): string {
  return `${namespace}: ${formatCount(size - before, 'entry', 'entries')} published, ${size} in all.`
}
