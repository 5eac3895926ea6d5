import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { secretIn } from '../../client-sdk/capture/secrets.ts'
import { selectVariables } from '../../client-sdk/capture/variables.ts'

const settings = {
  CUDA_VISIBLE_DEVICES: '0,1,2,3',
  CUBLAS_WORKSPACE_CONFIG: ':4096:8',
  NCCL_SOCKET_IFNAME: 'eth0',
  NCCL_P2P_DISABLE: '1',
  TORCH_NCCL_ASYNC_ERROR_HANDLING: '1',
  TF_CUDNN_DETERMINISTIC: '1',
  TF_DETERMINISTIC_OPS: '1',
  XLA_FLAGS: '--xla_gpu_deterministic_ops=true --xla_gpu_autotune_level=0',
  PYTHONHASHSEED: '0',
  OMP_NUM_THREADS: '16',
  NODE_OPTIONS: '--max-old-space-size=4096 --disk-cache',
  TZ: 'Europe/Zurich',
  LANG: 'de_CH.UTF-8',
  LC_ALL: 'en_US.UTF-8',
  WORLD_SIZE: '64',
}

test('settings on the list are recorded as they are', () => {
  assert.deepEqual(selectVariables(settings, [], []), { facts: settings, missing: [] })
})

test('variables that are not on the list are not even named', () => {
  const variables = {
    HOME: 'x',
    PATH: 'x',
    RANK: '3',
    MY_SETTING: 'x',
    TF_OTHER: 'x',
    XNCCL_A: 'x',
  }
  assert.deepEqual(selectVariables(variables, [], []), { facts: {}, missing: [] })
})

test('a job can add names and patterns', () => {
  const variables = {
    FARE_MODEL: 'b',
    FARE_LIMIT: '3',
    FARES: 'x',
    TOKENIZERS_PARALLELISM: 'false',
  }
  const { facts } = selectVariables(variables, ['FARE_*', 'TOKENIZERS_PARALLELISM'], [])
  assert.deepEqual(facts, { FARE_MODEL: 'b', FARE_LIMIT: '3', TOKENIZERS_PARALLELISM: 'false' })
  for (const name of ['*', 'A*', '', 'A B', 'A=B', '.*']) {
    assert.throws(() => selectVariables({}, [name], []), { code: 'CONFIG_INVALID' }, name)
  }
})

test('names of secrets are left out, and the unknowns do not hold the value', () => {
  const names = ['TORCH_HUB_TOKEN', 'NCCL_API_KEY', 'TORCH_PASSWORD', 'NCCL_AUTH', 'TORCH_SECRET_A']
  for (const name of names) {
    const found = selectVariables({ [name]: 'plain' }, [], [])
    assert.deepEqual(found.facts, {}, name)
    assert.deepEqual(found.missing, [{ fact: name, reason: 'its name is that of a secret' }])
  }
})

test('values that look like secrets, URLs, paths or identities are left out', () => {
  const values = [
    ['AKIAIOSFODNN7EXAMPLE', 'its value looks like a secret'],
    ['ghp_x', 'its value looks like a secret'],
    ['a=1,password=hunter2', 'its value looks like a secret'],
    ['eyJhbGciOiJIUzI1NiJ9.e30.x', 'its value looks like a secret'],
    ['5f4dcc3b5aa765d61d8327deb882cf99', 'its value looks like a secret'],
    ['prefix 9mZ4kQ7pLw2xR8vT1nB6 suffix', 'its value looks like a secret'],
    ['https://user:pw@host/x', 'its value holds a URL'],
    ['/home/ada/cache', 'its value holds a path'],
    ['--dump=/tmp/x', 'its value holds a path'],
    ['~/cache', 'its value holds a path'],
    ['C:\\Users', 'its value holds a path'],
    ['on trainer-07 now', 'its value names this machine or user'],
    ['x'.repeat(1_025), 'its value is too long'],
  ] as const
  for (const [value, reason] of values) {
    assert.equal(secretIn('NCCL_DEBUG', value, ['trainer-07', 'on']), reason, value)
  }
})

test('random keys of every usual alphabet are found', () => {
  const alphabets = [
    '0123456789abcdef',
    'abcdefghijklmnopqrstuvwxyz0123456789',
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  ]
  for (const alphabet of alphabets) {
    const key = fc.string({
      unit: fc.constantFrom(...alphabet.split('')),
      minLength: 40,
      maxLength: 64,
    })
    let foundCount = 0
    const samples = fc.sample(key, { numRuns: 200, seed: 7 })
    for (const value of samples)
      if (secretIn('NCCL_DEBUG', value, []) !== undefined) foundCount += 1
    assert.ok(foundCount >= 190, `${alphabet}: ${foundCount} of 200`)
  }
})
