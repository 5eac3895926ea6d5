import { PolicyName } from '../names.ts'
import { asOfQuery, pageOf, pageQuery } from '../page.ts'
import { Policy, PolicyReceipt, PolicySpec } from '../policy.ts'
import {
  closed,
  inNamespace,
  operation,
  prefix,
  SMALL_BODY_MAX_BYTES,
  writeQuery,
} from './operation.ts'

const inPolicy = closed({ ...inNamespace, policy: PolicyName })

/** Policies: what classes of jobs need. */
export const policyOperations = {
  setPolicy: operation({
    method: 'PUT',
    path: `${prefix}/policies/{policy}`,
    summary: 'Set a policy',
    description:
      'Repeating the same changes nothing; another one replaces it, for every job that names it.',
    tag: 'policies',
    verb: 'admin',
    reach: 'namespace',
    params: inPolicy,
    query: writeQuery,
    body: PolicySpec,
    bodyMaxBytes: SMALL_BODY_MAX_BYTES,
    response: PolicyReceipt,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'DOCUMENT_TOO_LARGE'],
  }),
  getPolicy: operation({
    method: 'GET',
    path: `${prefix}/policies/{policy}`,
    summary: 'Get a policy',
    tag: 'policies',
    verb: 'read',
    reach: 'none',
    params: inPolicy,
    query: closed(asOfQuery),
    response: Policy,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'POLICY_NOT_FOUND', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  listPolicies: operation({
    method: 'GET',
    path: `${prefix}/policies`,
    summary: 'List policies by name',
    tag: 'policies',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: closed({ ...pageQuery, ...asOfQuery }),
    response: pageOf(Policy, 'PolicyPage'),
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'INVALID_CURSOR', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
}
