import type { Judgement } from '../judge.ts'
import { tellTimes } from '../run-phase.ts'
import type { Setting } from '../setting.ts'
import { jobNames } from '../stage-phases.ts'
import { judgeBytes } from './judge-bytes.ts'
import { lookAtBytes } from './look-at-bytes.ts'
import type { DemoS3 } from './open-demo-s3.ts'
import { releaseBytes } from './release-bytes.ts'

/** Shows what becomes of the states in S3 when the jobs have finished, and judges it. */
export async function showBytes(setting: Setting, s3: DemoS3): Promise<readonly Judgement[]> {
  const { narrator } = setting
  narrator.say('', narrator.screen.style('bold', `4  The states in S3 (${s3.title})`))
  const shown = { job: jobNames.killed, say: tellTimes(narrator) }
  const look = await lookAtBytes(setting, s3, shown)
  const release = await releaseBytes(setting, s3, shown)
  return judgeBytes(look, release)
}
