import type { Policy, RetentionRule } from '../../api.ts'
import { command } from '../command.ts'
import { connection, openClient } from '../connection.ts'
import { defined } from '../defined.ts'
import { required } from '../flag.ts'
import { readName } from '../flag-values.ts'
import { asOf, listing, reportList } from '../listing.ts'
import { policyFlags, readPolicySpec } from '../policy-flags.ts'
import { formatDurationMs } from '../quantity.ts'
import type { Screen } from '../screen.ts'
import { drawFacts } from '../table.ts'

const namePosition = required({ usage: '<policy>', summary: 'its name' }, readName)

const set = command({
  words: 'policy set',
  summary: 'set what a class of jobs needs: goals, retention, grace',
  heading: 'Records',
  details:
    'Replaces the whole policy, for every job that names it ("cairn jobs declare --policy"). A checkpoint is kept while any of the --keep rules keeps it. A file may say more: tiers, storage and verification.',
  takes: { policy: namePosition, ...policyFlags, ...connection },
  run: async (session, values) => {
    const spec = await readPolicySpec(values)
    const client = await openClient(session, values)
    return reportPolicy(await client.policies.set(values.policy, spec))
  },
})

const show = command({
  words: 'policy show',
  summary: 'show a policy',
  heading: 'Records',
  takes: { policy: namePosition, asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    return reportPolicy(await client.policies.get(values.policy, defined({ asOf: values.asOf })))
  },
})

const list = command({
  words: 'policy list',
  summary: 'list policies by name',
  heading: 'Records',
  takes: { ...listing, asOf, ...connection },
  run: async (session, values) => {
    const client = await openClient(session, values)
    const query = defined({ asOf: values.asOf })
    return reportList(values, (limit) => client.policies.list({ ...query, limit }), {
      none: 'No policies.',
      columns: [
        { title: 'POLICY', value: (row) => row.policy },
        { title: 'SET', value: (row) => row.at },
        { title: 'KEEPS', value: (row) => retentionText(row), minWidth: 16 },
        { title: 'DESCRIPTION', value: (row) => row.spec.description, minWidth: 12 },
      ],
    })
  },
})

function reportPolicy(policy: Policy) {
  return { document: policy, text: (screen: Screen) => drawPolicy(screen, policy) }
}

function drawPolicy(screen: Screen, policy: Policy): string {
  const { spec } = policy
  const { storage, verification } = spec
  return drawFacts(screen, [
    ['policy', policy.policy],
    ['description', spec.description],
    ['RPO', secondsText(spec.rpoSeconds)],
    ['RTO', secondsText(spec.rtoSeconds)],
    ['required grade', spec.requiredGrade],
    ['rehearsed every', secondsText(spec.rehearseEverySeconds)],
    ['keeps', retentionText(policy)],
    ['grace', secondsText(spec.graceSeconds)],
    ['encryption', storage?.encryption],
    ['object lock', storage?.objectLock === true ? 'required' : undefined],
    ['regions', storage?.regions?.join(', ')],
    ['lifecycle rules', storage?.lifecycle],
    [
      'verification',
      verification &&
        `${verification.grade}, every ${secondsText(verification.everySeconds) ?? ''}`,
    ],
    ['set', policy.at],
    ['index', policy.index],
  ])
}

function retentionText({ spec }: Policy): string | undefined {
  return spec.retention?.anyOf.map(ruleText).join('; or ')
}

function ruleText(rule: RetentionRule): string {
  const of = rule.tier === undefined ? '' : ` (${rule.tier})`
  switch (rule.keep) {
    case 'latest':
      return `latest ${rule.count}${of}`
    case 'every-steps':
      return `one every ${rule.steps} steps${newestText(rule.count)}${of}`
    case 'every-seconds':
      return `one every ${secondsText(rule.seconds) ?? ''}${newestText(rule.count)}${of}`
    case 'best':
      return `best ${rule.count} by ${rule.order} ${rule.label}${of}`
    case 'newer-than':
      return `newer than ${secondsText(rule.seconds) ?? ''}${of}`
  }
}

const newestText = (count: number | undefined): string =>
  count === undefined ? '' : `, the newest ${count}`

const secondsText = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : formatDurationMs(seconds * 1000)

export const policyCommands = [set, show, list] as const
