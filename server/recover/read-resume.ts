import type { Digest } from '../../schema/digest.ts'
import { CatalogError } from '../../schema/errors.ts'
import type { Partition } from '../../schema/names.ts'
import type { InputOf } from '../../schema/operations.ts'
import type { Context } from '../context.ts'
import { openToken } from './open-token.ts'

/** From which state a run goes on, and how much is meant by that. */
export interface Resume {
  readonly from: 'latest' | 'none' | Digest
  /** Whether a newer good state on the line makes it stale. */
  readonly isFloating: boolean
}

/**
 * What a request to open a run says of where to go on.
 *
 * @throws {INVALID_REQUEST} `rewind` with `latest`, which goes back nowhere
 * @throws {RESUME_TOKEN_INVALID | RESUME_TOKEN_EXPIRED | RESUME_TOKEN_MISMATCH}
 */
export function readResume(
  context: Pick<Context, 'tokens' | 'nowMs'>,
  { namespace, body }: InputOf<'openRun'>,
): Resume {
  const { resume, rewind = false } = body
  if (resume === 'latest' && rewind) {
    throw new CatalogError(
      'INVALID_REQUEST',
      '"latest" goes back nowhere: to rewind, resume from the digest of an older checkpoint, or "none" to begin anew.',
    )
  }
  if (typeof resume === 'string') return { from: resume, isFloating: false }
  const partition = body.partition ?? ('' as Partition)
  const place = { namespace, job: body.job, partition }
  return { from: openToken(context, resume.token, place).checkpoint, isFloating: !rewind }
}
