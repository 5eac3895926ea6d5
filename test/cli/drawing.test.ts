import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { describe, it } from 'node:test'
import { drawLineage } from '../../client-sdk/cli/commands/lineage.ts'
import { drawGraph, type GraphNode } from '../../client-sdk/cli/graph.ts'
import { plainText } from '../../client-sdk/cli/plain-text.ts'
import { describeProgress, openProgress } from '../../client-sdk/cli/progress.ts'
import {
  formatBytes,
  formatDurationMs,
  parseDurationSeconds,
} from '../../client-sdk/cli/quantity.ts'
import { screenOf, type OutputStream } from '../../client-sdk/cli/screen.ts'
import { drawTable } from '../../client-sdk/cli/table.ts'
import type { CheckpointSummary } from '../../client-sdk/index.ts'

/** A stream that keeps what it is given, as a terminal of some width or as a pipe. */
function keep(columns?: number): { readonly stream: OutputStream; readonly text: () => string } {
  let text = ''
  const stream = new Writable({
    write(piece: Buffer, _encoding, done) {
      text += piece.toString('utf8')
      done()
    },
  })
  const terminal = columns === undefined ? {} : { isTTY: true, columns }
  return { stream: Object.assign(stream, terminal), text: () => text }
}

const pipe = screenOf(keep().stream, {})

describe('a screen', () => {
  it('has colours on a terminal, and none in a pipe or with NO_COLOR', () => {
    const { stream } = keep(80)
    assert.equal(screenOf(stream, {}).style('red', 'x'), '\u001b[31mx\u001b[39m')
    assert.equal(screenOf(stream, { NO_COLOR: '1' }).style('red', 'x'), 'x')
    assert.equal(screenOf(stream, { TERM: 'dumb' }).style('red', 'x'), 'x')
    assert.equal(pipe.style('red', 'x'), 'x')
  })
})

describe('a table', () => {
  const columns = [
    { title: 'NAME', value: (row: readonly string[]) => row[0], minWidth: 4 },
    { title: 'N', value: (row: readonly string[]) => row[1], align: 'right' as const },
  ]

  it('aligns its columns, and shows what is absent', () => {
    const rows = [
      ['a', '1'],
      ['long', '100'],
      ['', '20'],
    ]
    assert.equal(
      drawTable(pipe, columns, rows),
      ['NAME    N', 'a       1', 'long  100', '-      20'].join('\n'),
    )
  })

  it('is cut to the terminal, and not in a pipe', () => {
    const rows = [['x'.repeat(100), '1']]
    const lines = drawTable(screenOf(keep(50).stream, { NO_COLOR: '1' }), columns, rows).split('\n')
    assert.equal(lines[1], `${'x'.repeat(46)}…  1`)
    assert.match(drawTable(pipe, columns, rows), /x{100}/)
  })

  it('never cuts an id: it moves to a line of its own', () => {
    const withId = [
      ...columns,
      { title: 'ID', value: (row: readonly string[]) => row[2], ownLine: true as const },
    ]
    const rows = [
      ['a', '1', 'x'.repeat(60)],
      ['b', '2', 'y'.repeat(60)],
    ]
    const narrow = drawTable(screenOf(keep(60).stream, { NO_COLOR: '1' }), withId, rows)
    assert.deepEqual(narrow.split('\n'), [
      'NAME  N',
      'a     1',
      `    ${'x'.repeat(60)}`,
      'b     2',
      `    ${'y'.repeat(60)}`,
    ])
    const wide = drawTable(screenOf(keep(80).stream, { NO_COLOR: '1' }), withId, rows)
    assert.equal(wide.split('\n')[1], `a     1  ${'x'.repeat(60)}`)
  })

  it('shows nothing that acts on the terminal', () => {
    const rows = [['\u001b]0;title\u0007\u202edrow\n', '1']]
    assert.equal(drawTable(pipe, columns, rows).split('\n')[1], '�]0;title��drow�  1')
    assert.equal(plainText('straße 日本'), 'straße 日本')
  })
})

describe('a graph', () => {
  const draw = (nodes: readonly GraphNode[]) =>
    drawGraph(nodes).map(({ lanes, id }) => (id === undefined ? lanes : `${lanes} ${id}`))

  it('is a line for a line of work', () => {
    assert.deepEqual(
      draw([
        { id: 'c', parents: ['b', 'b'] },
        { id: 'b', parents: ['a'] },
        { id: 'a', parents: ['gone'] },
      ]),
      ['* c', '* b', '* a'],
    )
  })

  it('forks where a checkpoint has two parents, and joins where they meet', () => {
    assert.deepEqual(
      draw([
        { id: 'merge', parents: ['left', 'right'] },
        { id: 'right', parents: ['root'] },
        { id: 'left', parents: ['root'] },
        { id: 'root', parents: [] },
      ]),
      ['* merge', '|\\', '| * right', '* | left', '|/', '* root'],
    )
  })

  it('draws several ends that come from one beginning', () => {
    assert.deepEqual(
      draw([
        { id: 'x', parents: ['a'] },
        { id: 'y', parents: ['b'] },
        { id: 'z', parents: ['a'] },
        { id: 'b', parents: [] },
        { id: 'a', parents: [] },
      ]),
      ['* x', '| * y', '| | * z', '| * | b', '|  /', '|/', '* a'],
    )
  })

  it('stays as narrow as a terminal however wide the graph is', () => {
    const ends = Array.from({ length: 300 }, (_, place) => ({ id: `e${place}`, parents: ['root'] }))
    const lines = drawGraph([...ends, { id: 'root', parents: [] }])
    assert.equal(lines.filter((line) => line.id !== undefined).length, 301)
    for (const { lanes } of lines) assert.ok(lanes.length <= 40)
  })
})

describe('a lineage', () => {
  it('says of each checkpoint what it is and where it came from', () => {
    const checkpoint = (step: number, members: Partial<CheckpointSummary> = {}) => ({
      depth: 0,
      checkpoint: {
        checkpoint: `sha256:${String(step).padStart(64, '0')}` as const,
        index: step,
        at: '2026-11-23T10:00:00.000Z',
        namespace: 'default',
        job: 'nightly',
        partition: '',
        run: 'run-1',
        attempt: 1,
        step,
        kind: 'full' as const,
        tier: 'durable' as const,
        chainLength: 1,
        grade: 'verified' as const,
        abandoned: false,
        tombstoned: false,
        ...members,
      },
    })
    const [first, last] = [checkpoint(1), checkpoint(2, { tombstoned: true, run: '\u001bevil' })]
    const [parent, child] = [first.checkpoint.checkpoint, last.checkpoint.checkpoint]
    const text = drawLineage(pipe, {
      root: child,
      direction: 'ancestors',
      nodes: [last, first],
      edges: [{ child, parent, relation: 'derived-from' }],
      truncated: true,
    })
    assert.deepEqual(text.split('\n'), [
      `* step 2  full durable  tombstoned  �evil #1  ${child}  (derived-from 1)`,
      `* step 1  full durable  verified  run-1 #1  ${parent}`,
      'There is more: --depth and --limit look further.',
    ])
  })
})

describe('progress', () => {
  const sessionOf = (errors: OutputStream, json = false) => ({
    variables: {},
    json,
    output: errors,
    errors,
    outputScreen: screenOf(errors, {}),
    errorScreen: screenOf(errors, {}),
  })
  const words = { label: 'restoring', unit: 'bytes' } as const

  it('says how much of how much, and how fast', () => {
    assert.equal(
      describeProgress(words, { done: 2 ** 20, total: 2 ** 22, also: '1 of 4 blobs' }, 2_000),
      'restoring  25 %  1.00 MiB of 4.00 MiB  1 of 4 blobs  512 KiB/s',
    )
    assert.equal(
      describeProgress({ label: 'replayed', unit: 'entries' }, { done: 1 }, 10),
      'replayed  1 entry',
    )
  })

  it('is a bar on a terminal that is drawn ten times a second at most', () => {
    const { stream, text } = keep(80)
    const progress = openProgress(sessionOf(stream), words)
    for (let done = 0; done <= 100; done += 1) progress.show({ done, total: 100 })
    progress.end()
    const drawings = text().split('\r').slice(1)
    assert.ok(drawings.length <= 5, `${drawings.length} drawings`)
    assert.match(drawings.at(-1) ?? '', /█{30} restoring {2}100 % .*\n$/)
    for (const drawing of drawings) assert.ok(drawing.replace('\u001b[K', '').trimEnd().length < 80)
  })

  it('writes no line at once elsewhere, and none at all for a program', () => {
    const piped = keep()
    const progress = openProgress(sessionOf(piped.stream), words)
    progress.show({ done: 1, total: 2 })
    progress.end()
    assert.equal(piped.text(), '')
    const silent = openProgress(sessionOf(piped.stream, true), words)
    silent.show({ done: 2, total: 2 })
    silent.end()
    assert.equal(piped.text(), '')
  })
})

describe('quantities', () => {
  it('are shown with three digits and their unit', () => {
    assert.deepEqual([0, 1023, 1024, 123_456, 5 * 2 ** 30, 2 ** 60].map(formatBytes), [
      '0 B',
      '1023 B',
      '1.00 KiB',
      '121 KiB',
      '5.00 GiB',
      '1024 PiB',
    ])
    assert.deepEqual([400, 61_000, 3_600_000, 200_000_000].map(formatDurationMs), [
      '0 s',
      '1 min 1 s',
      '1 h 0 min',
      '2 d 7 h',
    ])
  })

  it('are read as times', () => {
    assert.deepEqual(
      ['90s', '15m', '12h', '30d'].map(parseDurationSeconds),
      [90, 900, 43_200, 2_592_000],
    )
    for (const text of ['', '1', 's', '1.5h', '-1s', '1w']) {
      assert.throws(() => parseDurationSeconds(text), { code: 'INVALID_REQUEST' })
    }
  })
})
