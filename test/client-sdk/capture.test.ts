import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { digestOf } from '../../client-sdk/document-digest.ts'
import { captureEnvironment, sectionDigests } from '../../client-sdk/node.ts'
import { canonicalize } from '../../schema/canonical-json.ts'
import { makeFolder } from './spool-fixture.ts'

const run = promisify(execFile)

const needsGit = await run('git', ['--version']).then(
  () => ({}),
  () => ({ skip: 'git is not installed' }),
)

/** Not a secret, and shaped like none; found in the output it proves that content was recorded. */
const SECRET = 'correct horse battery staple'

async function git(directory: string, ...parameters: readonly string[]): Promise<string> {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
  const { stdout } = await run('git', [...identity, ...parameters], { cwd: directory })
  return stdout.trim()
}

/** A repository of one commit: a program and a lock file. */
async function makeRepository(t: TestContext): Promise<string> {
  const directory = await makeFolder(t)
  await git(directory, 'init', '--quiet')
  await mkdir(join(directory, 'src'))
  await writeFile(join(directory, 'src', 'train.py'), 'print(1)\n')
  await writeFile(join(directory, 'uv.lock'), 'version = 1\n')
  await writeFile(join(directory, '.gitignore'), 'outputs/\n')
  await git(directory, 'add', '.')
  await git(directory, 'commit', '--quiet', '-m', 'first')
  return directory
}

const capture = (directory: string, from: Record<string, string> = {}) =>
  captureEnvironment({ directory, from: { ...process.env, ...from }, timeoutMs: 20_000 })

test(
  'the same code on the same machine gives the same digest, from any folder of it',
  needsGit,
  async (t) => {
    const directory = await makeRepository(t)
    const one = await capture(directory)
    const other = await capture(join(directory, 'src'))
    assert.equal(one.digest, other.digest)
    assert.deepEqual(one.document, other.document)
    assert.equal(one.digest, digestOf(canonicalize(one.document)))
    assert.deepEqual(one.sections, sectionDigests(one.document))
    assert.deepEqual(Object.keys(one.sections), Object.keys(one.document.sections))
  },
)

test('a clean tree is its commit and tree, and the lock file its digest', needsGit, async (t) => {
  const directory = await makeRepository(t)
  const { document, unknown } = await capture(directory)
  assert.deepEqual(document.sections['code'], {
    vcs: 'git',
    commit: await git(directory, 'rev-parse', 'HEAD'),
    tree: await git(directory, 'rev-parse', 'HEAD^{tree}'),
    dirty: false,
  })
  assert.deepEqual(document.sections['dependencies'], {
    lockFiles: { 'uv.lock': digestOf('version = 1\n') },
  })
  assert.deepEqual(
    unknown.filter(({ section }) => section === 'code'),
    [],
  )
})

test('what lock files pin for the job itself is named with its version, and nothing that could hold a secret', async (t) => {
  const directory = await makeFolder(t)
  const installed = (version: string) => ({ version, resolved: `https://u:${SECRET}@host/x` })
  const packages = {
    '': {
      dependencies: { left: '^1.0.0', '@scope/right': '2', git: 'x', __proto__: null, gone: '1' },
    },
    'node_modules/left': installed('1.4.2'),
    'node_modules/@scope/right': installed('2.0.0-rc.1'),
    'node_modules/git': installed(`git+https://u:${SECRET}@host/x`),
    'node_modules/left/node_modules/below': installed('3.0.0'),
    'node_modules/below': installed('4.0.0'),
  }
  const freeze = [
    '# by hand',
    'NumPy==1.26.4',
    'scikit_learn[all]==1.5.0 ; python_version > "3.9" # why',
    'leaked==ghp_0123456789abcdefghij0123456789abcdef',
    'leaked-too==AKIAIOSFODNN7EXAMPLE',
    'torch==2.3.0+cu121 \\',
    '    --hash=sha256:00',
    'pandas>=2',
    'xgboost==2.*',
    `mine @ https://u:${SECRET}@host/mine.whl`,
    'twice==1.0 ; sys_platform == "linux"',
    'twice==2.0 ; sys_platform == "darwin"',
    'left==9',
  ].join('\r\n')
  await writeFile(join(directory, 'package-lock.json'), JSON.stringify({ packages }))
  await writeFile(join(directory, 'requirements.txt'), freeze)
  await writeFile(join(directory, 'uv.lock'), 'version = 1\n')
  const { document, unknown } = await capture(directory)
  const { lockFiles, ...libraries } = document.sections['dependencies'] ?? {}
  assert.deepEqual(Object.keys(lockFiles ?? {}).length, 3)
  assert.deepEqual(libraries, {
    '@scope/right': '2.0.0-rc.1',
    numpy: '1.26.4',
    'scikit-learn': '1.5.0',
    torch: '2.3.0+cu121',
  })
  assert.deepEqual(
    unknown.filter(({ section }) => section === 'dependencies'),
    [],
  )
  assert.ok(!JSON.stringify(document).includes(SECRET))
})

test('lock files that are not read, are none, or pin too much name no versions, and say so', async (t) => {
  const reasonFor = async (name: string, content: string): Promise<string | undefined> => {
    const directory = await makeFolder(t)
    await writeFile(join(directory, name), content)
    const { document, unknown } = await capture(directory)
    assert.deepEqual(Object.keys(document.sections['dependencies'] ?? {}), ['lockFiles'])
    return unknown.find(({ fact }) => fact === 'libraries')?.reason
  }
  assert.equal(await reasonFor('uv.lock', 'x'), 'no lock file whose versions are read')
  assert.equal(await reasonFor('package-lock.json', '{'), undefined)
  assert.equal(await reasonFor('package-lock.json', '[null]'), undefined)
  const many = Array.from({ length: 257 }, (_, place) => `lib${place}==1.0`).join('\n')
  assert.equal(await reasonFor('requirements.txt', many), 'more than 256 libraries')
  const large = '#'.repeat(8 * 1024 * 1024 + 1)
  assert.equal(await reasonFor('requirements.txt', large), 'requirements.txt is too large')
})

test('a change makes the code dirty and changes that section alone', needsGit, async (t) => {
  const directory = await makeRepository(t)
  const clean = await capture(directory)
  await writeFile(join(directory, 'src', 'train.py'), 'print(2)\n')
  const changed = await capture(directory)
  await writeFile(join(directory, 'src', 'train.py'), 'print(3)\n')
  const changedAgain = await capture(directory)
  assert.equal(changed.document.sections['code']?.['dirty'], true)
  const differing = Object.keys(clean.sections).filter(
    (name) => clean.sections[name] !== changed.sections[name],
  )
  assert.deepEqual(differing, ['code'])
  assert.notEqual(changed.digest, changedAgain.digest)
})

test('an untracked file makes the code dirty, and an ignored one does not', needsGit, async (t) => {
  const directory = await makeRepository(t)
  const clean = await capture(directory)
  await mkdir(join(directory, 'outputs'))
  await writeFile(join(directory, 'outputs', 'model.bin'), 'weights')
  assert.equal((await capture(directory)).digest, clean.digest)
  await writeFile(join(directory, 'src', 'new.py'), 'print(2)\n')
  const one = await capture(join(directory, 'src'))
  assert.equal(one.document.sections['code']?.['dirty'], true)
  await writeFile(join(directory, 'src', 'new.py'), 'print(3)\n')
  assert.notEqual((await capture(directory)).digest, one.digest)
})

test('the user’s settings for differences do not change the digest', needsGit, async (t) => {
  const directory = await makeRepository(t)
  await writeFile(join(directory, 'src', 'train.py'), 'print(2)\n')
  const plain = await capture(directory)
  for (const [name, value] of [
    ['diff.noprefix', 'true'],
    ['diff.context', '9'],
    ['diff.external', 'false'],
    ['color.ui', 'always'],
    ['core.abbrev', '9'],
    ['diff.algorithm', 'histogram'],
  ] as const) {
    await git(directory, 'config', name, value)
  }
  assert.equal((await capture(directory)).digest, plain.digest)
})

test('neither contents nor names of files, hosts or users are recorded', needsGit, async (t) => {
  const directory = await makeRepository(t)
  await writeFile(join(directory, 'src', 'train.py'), `password = "${SECRET}"\n`)
  await writeFile(join(directory, 'secret-plan.txt'), SECRET)
  const captured = await capture(directory, {
    XLA_FLAGS: `--xla_dump_to=${directory}`,
    NCCL_TOPO_FILE: join(directory, 'topology.xml'),
    TORCH_HOST: `node-${hostname()}-0`,
  })
  const text = JSON.stringify(captured)
  const { username, homedir } = userInfo()
  const forbidden = [SECRET, 'secret-plan', 'train.py', directory, homedir, 'ada@example.org']
  for (const word of forbidden) assert.ok(!text.includes(word), word)
  const facts = Object.values(captured.document.sections).flatMap((section) =>
    Object.values(section).map(String),
  )
  for (const name of [hostname(), username].filter(({ length }) => length > 2)) {
    assert.ok(!facts.some((fact) => fact.split(/\W/).includes(name)), name)
  }
})

test('a folder without a repository is unknown code, not clean code', needsGit, async (t) => {
  const { document, unknown } = await capture(await makeFolder(t))
  assert.equal(document.sections['code'], undefined)
  assert.equal(document.sections['dependencies'], undefined)
  const reasons = unknown.map(({ section, fact, reason }) => `${section} ${fact}: ${reason}`)
  assert.deepEqual(reasons, [
    'code commit: no work tree that git reads',
    'code tree: no work tree that git reads',
    'code dirty: no work tree that git reads',
    'dependencies lockFiles: no lock file was found',
  ])
})

test('a repository without a commit is unknown code', needsGit, async (t) => {
  const directory = await makeFolder(t)
  await git(directory, 'init', '--quiet')
  const { unknown } = await capture(directory)
  assert.ok(unknown.some(({ reason }) => reason === 'the repository has no commit'))
})

test(
  'without git the commit comes from the CI system, and the rest is unknown',
  needsGit,
  async (t) => {
    const directory = await makeRepository(t)
    const commit = 'a'.repeat(40)
    const { document, unknown } = await captureEnvironment({
      directory,
      from: { PATH: await makeFolder(t), GITHUB_SHA: commit },
    })
    assert.deepEqual(document.sections['code'], { vcs: 'git', commit })
    assert.deepEqual(
      unknown
        .filter(({ section }) => section === 'code')
        .map(({ fact, reason }) => `${fact}: ${reason}`),
      ['tree: git is not installed', 'dirty: git is not installed'],
    )
  },
)

test('git that hangs costs the budget and no more', needsGit, async (t) => {
  const directory = await makeRepository(t)
  const programs = await makeFolder(t)
  await writeFile(join(programs, 'git'), '#!/bin/sh\nexec sleep 60\n')
  await chmod(join(programs, 'git'), 0o755)
  const started = Date.now()
  const { document, unknown } = await captureEnvironment({
    directory,
    from: { PATH: `${programs}:${process.env['PATH'] ?? ''}` },
    timeoutMs: 200,
  })
  assert.ok(Date.now() - started < 5_000)
  assert.equal(document.sections['code'], undefined)
  assert.ok(unknown.some(({ fact, reason }) => fact === 'commit' && reason === 'time ran out'))
})

test('another repository that the variables point to is not looked at', needsGit, async (t) => {
  const directory = await makeRepository(t)
  const other = await makeRepository(t)
  await git(other, 'commit', '--quiet', '--allow-empty', '-m', 'second')
  const redirected = await capture(directory, { GIT_DIR: join(other, '.git') })
  assert.equal(redirected.digest, (await capture(directory)).digest)
})

test('an image digest is recorded when the starter gives one', async (t) => {
  const directory = await makeFolder(t)
  const imageDigest = digestOf('image')
  const { document } = await capture(directory, { CAIRN_IMAGE_DIGEST: imageDigest })
  assert.deepEqual(document.sections['container'], { imageDigest })
  const { unknown } = await capture(directory, { CAIRN_IMAGE_DIGEST: 'latest' })
  assert.ok(unknown.some(({ section }) => section === 'container'))
})

test('the runtime and the kind of machine are known', async (t) => {
  const { document, context } = await capture(await makeFolder(t))
  const { runtime, hardware } = document.sections
  assert.equal(runtime?.['version'], process.versions.node)
  assert.equal(runtime?.['arch'], process.arch)
  assert.equal(typeof hardware?.['arch'], 'string')
  assert.equal(hardware?.['cpuCount'], undefined)
  assert.ok(context.cpuCount >= 0)
})

test('a budget that is no budget is refused', async () => {
  for (const timeoutMs of [0, 60_001, 1.5]) {
    await assert.rejects(captureEnvironment({ timeoutMs }), { code: 'CONFIG_INVALID' })
  }
})
